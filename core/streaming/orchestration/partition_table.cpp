#include "core/streaming/orchestration/partition_table.hpp"

#include <algorithm>

namespace streaming::detail {

void PartitionTable::assign(std::span<const TopicPartition> partitions) {
    ever_assigned_ = true;
    for (const auto& partition : partitions) {
        if (lookup(partition.topic, partition.partition) == nullptr) {
            owned_.push_back(std::make_unique<PartitionState>(partition));
        }
    }
}

PartitionState* PartitionTable::lookup(std::string_view topic, std::int32_t partition) const noexcept {
    for (const auto& state : owned_) {
        if (state->id.partition == partition && state->id.topic == topic) {
            return state.get();
        }
    }
    return nullptr;
}

PartitionState& PartitionTable::find(std::string_view topic, std::int32_t partition) {
    // Records come in runs of one partition, and a consumer keeps one copy of each topic name.
    if (last_ != nullptr && last_topic_ == topic.data() && last_->id.partition == partition) {
        return *last_;
    }
    PartitionState* state = lookup(topic, partition);
    if (state == nullptr) {
        owned_.push_back(std::make_unique<PartitionState>(TopicPartition{std::string(topic), partition}));
        state = owned_.back().get();
    }
    last_ = state;
    last_topic_ = topic.data();
    return *state;
}

void PartitionTable::begin_revoke(std::span<const TopicPartition> partitions) {
    for (const auto& partition : partitions) {
        if (PartitionState* state = lookup(partition.topic, partition.partition)) {
            state->revoked.store(true, std::memory_order_release);
        }
    }
}

std::size_t PartitionTable::revoked_outstanding() const noexcept {
    std::size_t count = 0;
    for (const auto& state : owned_) {
        if (state->revoked.load(std::memory_order_relaxed)) {
            count += state->outstanding;
        }
    }
    return count;
}

void PartitionTable::end_revoke() {
    last_ = nullptr;
    std::erase_if(lost_, [](const auto& state) { return state->outstanding == 0; });
    for (auto& state : owned_) {
        if (state->revoked.load(std::memory_order_relaxed) && state->outstanding > 0) {
            lost_.push_back(std::move(state));
        }
    }
    std::erase_if(owned_,
                  [](const auto& state) { return state == nullptr || state->revoked.load(std::memory_order_relaxed); });
}

std::vector<TopicOffset> PartitionTable::committable(Which which) const {
    std::vector<TopicOffset> offsets;
    for (const auto& state : owned_) {
        const std::int64_t offset = state->tracker.committable();
        if (offset >= 0 && (which == Which::all || offset > state->committed)) {
            offsets.push_back({state->id.topic, state->id.partition, offset});
        }
    }
    return offsets;
}

void PartitionTable::commit_sent(std::span<const TopicOffset> offsets) {
    for (const auto& offset : offsets) {
        if (PartitionState* state = lookup(offset.topic, offset.partition)) {
            state->committed = offset.offset;
        }
    }
}

} // namespace streaming::detail
