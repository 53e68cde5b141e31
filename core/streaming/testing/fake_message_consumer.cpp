#include "core/streaming/testing/fake_message_consumer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <memory>
#include <utility>

namespace streaming::fakes {

FakeMessageConsumer::FakeMessageConsumer(FakeBroker& broker, ConsumerOptions options)
    : broker_(broker), options_(std::move(options)) {}

FakeMessageConsumer::~FakeMessageConsumer() { stop(); }

Status FakeMessageConsumer::start(AssignmentListener& listener) {
    const std::lock_guard lock(broker_.state_mutex_);
    if (listener_ != nullptr || stopped_) {
        return Error{ErrorCode::invalid_argument,
                     fmt::format("group {}: consumer was started before", options_.group_id)};
    }
    listener_ = &listener;
    ticks_seen_ = broker_.ticks_;
    for (const std::string& topic : options_.topics) {
        broker_.topic_named(topic);
    }
    if (!options_.broadcast) {
        group().join({.member = this, .topics = options_.topics});
    }
    broker_.consumers_.push_back(this);
    broker_.touch();
    return {};
}

Status FakeMessageConsumer::consume(std::chrono::milliseconds wait, std::size_t max_records, RecordBatch& into) {
    std::unique_lock lock(broker_.state_mutex_);
    while (listener_ != nullptr && !stopped_) {
        if (const auto fault = broker_.consume_faults_.take(options_.group_id)) {
            return *fault;
        }
        const bool rebalanced = rebalance(lock);
        const std::size_t taken = take(max_records, into);
        tell_ends(lock);
        if (taken > 0 || rebalanced || woken_ || ticks_seen_ != broker_.ticks_ || wait.count() <= 0) {
            return end_wait();
        }
        waiting_ = true;
        broker_.activity_->bump();
        broker_.changed_.wait(lock, [this] { return must_return(); });
        waiting_ = false;
        broker_.activity_->bump();
    }
    return Error{ErrorCode::stopped, fmt::format("group {}: consumer is not running", options_.group_id)};
}

Status FakeMessageConsumer::keep_membership() {
    std::unique_lock lock(broker_.state_mutex_);
    if (listener_ == nullptr || stopped_) {
        return Error{ErrorCode::stopped, fmt::format("group {}: consumer is not running", options_.group_id)};
    }
    rebalance(lock);
    return {};
}

Status FakeMessageConsumer::commit(std::span<const TopicOffset> offsets, CommitMode mode) {
    const std::lock_guard lock(broker_.state_mutex_);
    if (const auto fault = broker_.commit_faults_.take(options_.group_id)) {
        return mode == CommitMode::wait ? Status(*fault) : Status();
    }
    if (options_.broadcast || offsets.empty()) {
        return {};
    }
    if (listener_ == nullptr || closed_) {
        return Error{ErrorCode::stopped, fmt::format("group {}: consumer is not running", options_.group_id)};
    }
    FakeGroup& members = group();
    bool any_ours = false;
    for (const TopicOffset& offset : offsets) {
        if (members.holds(this, {offset.topic, offset.partition})) {
            members.committed[{offset.topic, offset.partition}] = offset.offset;
            any_ours = true;
        }
    }
    if (!any_ours) {
        return Error{ErrorCode::assignment_lost,
                     fmt::format("group {}: owns none of these partitions any more", options_.group_id), true};
    }
    ++members.commits;
    broker_.touch();
    return {};
}

std::optional<std::int64_t> FakeMessageConsumer::lag(const TopicOffset& position) const {
    const std::lock_guard lock(broker_.state_mutex_);
    const auto* log = broker_.find({position.topic, position.partition});
    return log == nullptr
               ? std::nullopt
               : std::optional(std::max<std::int64_t>(static_cast<std::int64_t>(log->size()) - position.offset, 0));
}

void FakeMessageConsumer::wake() noexcept {
    const std::lock_guard lock(broker_.state_mutex_);
    woken_ = true;
    broker_.touch();
}

void FakeMessageConsumer::stop() noexcept {
    std::unique_lock lock(broker_.state_mutex_);
    if (std::exchange(stopped_, true) || listener_ == nullptr) {
        return;
    }
    give_up(lock);
    if (!options_.broadcast) {
        group().leave(this);
    }
    closed_ = true;
    std::erase(broker_.consumers_, this);
    broker_.touch();
}

bool FakeMessageConsumer::rebalance(std::unique_lock<std::mutex>& lock) {
    bool happened = false;
    if (must_give_up()) {
        give_up(lock);
        happened = true;
    }
    if (!stopped_ && can_be_assigned()) {
        assign(lock);
        happened = true;
    }
    return happened;
}

bool FakeMessageConsumer::must_give_up() const {
    return assigned_ && !options_.broadcast && generation_ != group().generation;
}

bool FakeMessageConsumer::can_be_assigned() const {
    return !assigned_ && (options_.broadcast || group().free(target()));
}

void FakeMessageConsumer::give_up(std::unique_lock<std::mutex>& lock) {
    if (!std::exchange(assigned_, false)) {
        return;
    }
    const std::vector<TopicPartition> partitions = held();
    const bool lost =
        !options_.broadcast && std::any_of(partitions.begin(), partitions.end(),
                                           [this](const auto& partition) { return !group().holds(this, partition); });
    lock.unlock();
    if (lost) {
        listener_->on_lost(partitions);
    } else {
        listener_->on_revoked(partitions);
    }
    lock.lock();
    positions_.clear();
    if (!options_.broadcast) {
        group().release(this);
    }
    broker_.touch();
}

void FakeMessageConsumer::assign(std::unique_lock<std::mutex>& lock) {
    const std::vector<TopicPartition> partitions = target();
    for (const TopicPartition& partition : partitions) {
        positions_[partition] = first_position(partition);
    }
    if (!options_.broadcast) {
        generation_ = group().generation;
        for (const TopicPartition& partition : partitions) {
            group().holders[partition] = this;
        }
    }
    assigned_ = true;
    broker_.touch();
    lock.unlock();
    listener_->on_assigned(partitions);
    lock.lock();
}

std::size_t FakeMessageConsumer::take(std::size_t max_records, RecordBatch& into) {
    std::size_t taken = 0;
    for (auto& [partition, position] : positions_) {
        const auto& log = *broker_.find(partition);
        for (; taken < max_records && position < static_cast<std::int64_t>(log.size()); ++position, ++taken) {
            auto copy = std::make_unique<StoredRecord>(log[static_cast<std::size_t>(position)]);
            into.add({.topic = copy->topic,
                      .partition = copy->partition,
                      .offset = copy->offset,
                      .timestamp = copy->timestamp,
                      .key = copy->key,
                      .payload = copy->payload,
                      .has_headers = !copy->headers.empty(),
                      .owner = this,
                      .handle = copy.get()});
            (void)copy.release(); // comes back through release()
            ++broker_.lent_;
        }
    }
    return taken;
}

void FakeMessageConsumer::tell_ends(std::unique_lock<std::mutex>& lock) {
    if (!options_.catch_up_first) {
        return;
    }
    std::vector<TopicOffset> ends;
    for (const auto& [partition, position] : positions_) {
        if (position == static_cast<std::int64_t>(broker_.find(partition)->size()) &&
            std::exchange(ends_told_.try_emplace(partition, -1).first->second, position) != position) {
            ends.push_back({partition.topic, partition.partition, position});
        }
    }
    lock.unlock();
    for (const TopicOffset& end : ends) {
        listener_->on_end_reached(end);
    }
    lock.lock();
}

Status FakeMessageConsumer::end_wait() {
    woken_ = false;
    ticks_seen_ = broker_.ticks_;
    return {};
}

void FakeMessageConsumer::release(void* handle) noexcept {
    const std::unique_ptr<StoredRecord> record(static_cast<StoredRecord*>(handle));
    const std::lock_guard lock(broker_.state_mutex_);
    --broker_.lent_;
}

void FakeMessageConsumer::read_headers(const void* handle, Headers& into) const {
    into = static_cast<const StoredRecord*>(handle)->headers;
}

bool FakeMessageConsumer::must_return() const {
    return stopped_ || woken_ || ticks_seen_ != broker_.ticks_ || must_give_up() || can_be_assigned() ||
           has_records() || broker_.consume_faults_.pending(options_.group_id);
}

bool FakeMessageConsumer::has_records() const {
    return std::any_of(positions_.begin(), positions_.end(), [this](const auto& at) {
        return at.second < static_cast<std::int64_t>(broker_.find(at.first)->size());
    });
}

bool FakeMessageConsumer::read_past_commit() const {
    return !options_.broadcast && std::any_of(positions_.begin(), positions_.end(), [this](const auto& at) {
        const auto committed = group().committed.find(at.first);
        return at.second > (committed == group().committed.end() ? 0 : committed->second);
    });
}

std::string FakeMessageConsumer::describe() const {
    std::string text = fmt::format("consumer of {} ({}): {}", fmt::join(options_.topics, ", "),
                                   options_.broadcast ? "broadcast" : "group " + options_.group_id,
                                   parked()   ? "parked"
                                   : waiting_ ? "about to return from consume"
                                              : "not in consume");
    for (const auto& [partition, position] : positions_) {
        text += fmt::format("; {}/{} at {} of {}", partition.topic, partition.partition, position,
                            broker_.find(partition)->size());
    }
    return text + "\n";
}

FakeGroup& FakeMessageConsumer::group() const { return broker_.groups_[options_.group_id]; }

std::vector<TopicPartition> FakeMessageConsumer::target() const {
    if (options_.broadcast) {
        return every_partition();
    }
    return range_assignment(group().subscribers, this, [this](const std::string& topic) {
        return static_cast<std::int32_t>(broker_.topic_named(topic).partitions.size());
    });
}

std::vector<TopicPartition> FakeMessageConsumer::every_partition() const {
    const Subscriber alone[] = {{.member = this, .topics = options_.topics}};
    return range_assignment(alone, this, [this](const std::string& topic) {
        return static_cast<std::int32_t>(broker_.topic_named(topic).partitions.size());
    });
}

std::vector<TopicPartition> FakeMessageConsumer::held() const {
    std::vector<TopicPartition> partitions;
    for (const auto& [partition, position] : positions_) {
        partitions.push_back(partition);
    }
    return partitions;
}

std::int64_t FakeMessageConsumer::first_position(const TopicPartition& partition) const {
    if (!options_.broadcast) {
        const auto committed = group().committed.find(partition);
        if (committed != group().committed.end()) {
            return committed->second;
        }
    }
    return options_.start == StartPosition::latest ? static_cast<std::int64_t>(broker_.find(partition)->size()) : 0;
}

} // namespace streaming::fakes
