#include "core/streaming/testing/fake_broker.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <functional>
#include <utility>

#include "core/streaming/testing/fake_message_consumer.hpp"

namespace streaming::fakes {

FakeBroker::FakeBroker(std::shared_ptr<Activity> activity) : activity_(std::move(activity)) {}

Status FakeBroker::create_topic(const std::string& topic, std::int32_t partitions) {
    return create_topic(TopicSpec{.name = topic, .partitions = partitions});
}

Status FakeBroker::create_topic(const TopicSpec& topic) {
    const std::int32_t partitions = topic.partitions == -1 ? 1 : topic.partitions;
    const std::lock_guard lock(state_mutex_);
    if (partitions < 1) {
        return Error{ErrorCode::invalid_argument,
                     fmt::format("topic {}: {} partitions, at least 1", topic.name, partitions)};
    }
    if (topics_.contains(topic.name)) {
        return Error{ErrorCode::already_exists, fmt::format("topic {}: already exists", topic.name)};
    }
    Topic& made = topics_[topic.name];
    made.partitions.resize(static_cast<std::size_t>(partitions));
    made.replication = topic.replication == -1 ? std::int16_t{1} : topic.replication;
    made.settings = topic.settings;
    return {};
}

std::optional<TopicSpec> FakeBroker::describe(const std::string& topic) const {
    const std::lock_guard lock(state_mutex_);
    const auto found = topics_.find(topic);
    if (found == topics_.end()) {
        return std::nullopt;
    }
    TopicSpec spec{.name = topic,
                   .partitions = static_cast<std::int32_t>(found->second.partitions.size()),
                   .replication = found->second.replication,
                   .settings = found->second.settings};
    spec.settings.insert({{"cleanup.policy", "delete"}, {"retention.ms", "604800000"}}); // where there are none
    return spec;
}

std::optional<std::int32_t> FakeBroker::partitions_of(const std::string& topic) const {
    const std::lock_guard lock(state_mutex_);
    const auto found = topics_.find(topic);
    return found == topics_.end() ? std::nullopt
                                  : std::optional(static_cast<std::int32_t>(found->second.partitions.size()));
}

StoredRecord FakeBroker::append(const OutgoingMessage& message, std::chrono::system_clock::time_point timestamp,
                                std::optional<std::int32_t> partition) {
    const std::lock_guard lock(state_mutex_);
    return store({.topic = message.topic,
                  .timestamp = timestamp,
                  .key = message.key,
                  .payload = message.payload,
                  .headers = message.headers},
                 partition);
}

StoredRecord FakeBroker::store(StoredRecord record, std::optional<std::int32_t> partition) {
    Topic& topic = topic_named(record.topic);
    const std::size_t count = topic.partitions.size();
    const std::size_t free_choice = record.key ? std::hash<std::string>{}(*record.key) : topic.without_key;
    const std::size_t chosen = partition ? static_cast<std::size_t>(*partition) : free_choice % count;
    if (!partition && !record.key) {
        ++topic.without_key;
    }
    Partition& log = topic.partitions.at(chosen);
    record.partition = static_cast<std::int32_t>(chosen);
    record.offset = static_cast<std::int64_t>(log.size());
    record.sequence = sequence_++;
    log.push_back(record);
    touch();
    return record;
}

std::vector<StoredRecord> FakeBroker::records(const std::string& topic) const {
    const std::lock_guard lock(state_mutex_);
    std::vector<StoredRecord> all;
    if (const auto found = topics_.find(topic); found != topics_.end()) {
        for (const Partition& log : found->second.partitions) {
            all.insert(all.end(), log.begin(), log.end());
        }
    }
    std::sort(all.begin(), all.end(),
              [](const auto& left, const auto& right) { return left.sequence < right.sequence; });
    return all;
}

std::int64_t FakeBroker::high_watermark(const TopicPartition& partition) const {
    const std::lock_guard lock(state_mutex_);
    const Partition* log = find(partition);
    return log == nullptr ? 0 : static_cast<std::int64_t>(log->size());
}

std::optional<std::int64_t> FakeBroker::committed(const std::string& group, const TopicPartition& partition) const {
    const std::lock_guard lock(state_mutex_);
    const auto found = groups_.find(group);
    if (found == groups_.end()) {
        return std::nullopt;
    }
    const auto offset = found->second.committed.find(partition);
    return offset == found->second.committed.end() ? std::nullopt : std::optional(offset->second);
}

void FakeBroker::set_committed(const std::string& group, const TopicOffset& offset) {
    const std::lock_guard lock(state_mutex_);
    groups_[group].committed[{offset.topic, offset.partition}] = offset.offset;
}

std::size_t FakeBroker::commits(const std::string& group) const {
    const std::lock_guard lock(state_mutex_);
    const auto found = groups_.find(group);
    return found == groups_.end() ? 0 : found->second.commits;
}

void FakeBroker::expel(const std::string& group) {
    const std::lock_guard lock(state_mutex_);
    FakeGroup& expelled = groups_[group];
    expelled.holders.clear();
    ++expelled.generation;
    touch();
}

bool FakeBroker::all_parked() const {
    const std::lock_guard lock(state_mutex_);
    return std::all_of(consumers_.begin(), consumers_.end(), [](const auto* consumer) { return consumer->parked(); });
}

std::size_t FakeBroker::consumers() const {
    const std::lock_guard lock(state_mutex_);
    return consumers_.size();
}

bool FakeBroker::has_uncommitted() const {
    const std::lock_guard lock(state_mutex_);
    return std::any_of(consumers_.begin(), consumers_.end(),
                       [](const auto* consumer) { return consumer->read_past_commit(); });
}

std::string FakeBroker::describe_consumers() const {
    const std::lock_guard lock(state_mutex_);
    std::string text;
    for (const auto* consumer : consumers_) {
        text += consumer->describe();
    }
    return text;
}

std::size_t FakeBroker::lent_records() const {
    const std::lock_guard lock(state_mutex_);
    return lent_;
}

void FakeBroker::hold_acks() {
    const std::lock_guard lock(state_mutex_);
    acks_held_ = true;
}

void FakeBroker::release_acks() {
    const std::lock_guard lock(state_mutex_);
    acks_held_ = false;
    touch();
}

void FakeBroker::set_down(bool down) {
    const std::lock_guard lock(state_mutex_);
    down_ = down;
    touch();
}

bool FakeBroker::down() const {
    const std::lock_guard lock(state_mutex_);
    return down_;
}

void FakeBroker::fail_next_sends(std::size_t count, const Error& error, std::string topic) {
    send_faults_.add(count, error, std::move(topic));
}

void FakeBroker::clock_advanced() {
    const std::lock_guard lock(state_mutex_);
    ++ticks_;
    touch();
}

FakeBroker::Topic& FakeBroker::topic_named(const std::string& name) {
    const auto [topic, made] = topics_.try_emplace(name);
    if (made) {
        topic->second.partitions.resize(1);
    }
    return topic->second;
}

const FakeBroker::Partition* FakeBroker::find(const TopicPartition& partition) const {
    const auto topic = topics_.find(partition.topic);
    if (topic == topics_.end() || partition.partition < 0 ||
        static_cast<std::size_t>(partition.partition) >= topic->second.partitions.size()) {
        return nullptr;
    }
    return &topic->second.partitions[static_cast<std::size_t>(partition.partition)];
}

void FakeBroker::touch() noexcept {
    activity_->bump();
    changed_.notify_all();
}

} // namespace streaming::fakes
