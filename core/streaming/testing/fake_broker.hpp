#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/record.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/infrastructure/topic_admin.hpp"
#include "core/streaming/testing/activity.hpp"
#include "core/streaming/testing/fake_group.hpp"
#include "core/streaming/testing/faults.hpp"

namespace streaming::fakes {

class FakeMessageConsumer;
class FakeMessageProducer;

/// One record as the broker holds it.
struct StoredRecord {
    std::string topic{};
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::chrono::system_clock::time_point timestamp{};
    std::optional<std::string> key{};
    std::optional<std::string> payload{}; ///< absent = tombstone
    Headers headers{};
    bool produced = false;      ///< came through a producer, not straight from a test
    std::uint64_t sequence = 0; ///< order of arrival in the whole broker
};

/// A broker in memory: topics with partitions, consumer groups with committed offsets, and faults on demand. Consumers
/// and producers of one broker block on its condition and never on real time. A topic that is used before it was made
/// gets one partition, so that records of different keys keep their order. Thread-safe.
class FakeBroker {
public:
    explicit FakeBroker(std::shared_ptr<Activity> activity = std::make_shared<Activity>());

    Status create_topic(const std::string& topic, std::int32_t partitions); ///< already_exists when it does
    Status create_topic(const TopicSpec& topic);                            ///< the same, with settings
    /// With cleanup.policy and retention.ms as Kafka's defaults are, where the topic has none of its own.
    [[nodiscard]] std::optional<TopicSpec> describe(const std::string& topic) const;
    [[nodiscard]] std::optional<std::int32_t> partitions_of(const std::string& topic) const;

    /// Stores a record; without `partition` its key decides (records without one go round). topic, partition and offset
    /// of the answer say where it is.
    StoredRecord append(const OutgoingMessage& message, std::chrono::system_clock::time_point timestamp,
                        std::optional<std::int32_t> partition = std::nullopt);
    [[nodiscard]] std::vector<StoredRecord> records(const std::string& topic) const; ///< in order of arrival
    [[nodiscard]] std::int64_t high_watermark(const TopicPartition& partition) const;

    [[nodiscard]] std::optional<std::int64_t> committed(const std::string& group,
                                                        const TopicPartition& partition) const;
    void set_committed(const std::string& group, const TopicOffset& offset);
    [[nodiscard]] std::size_t commits(const std::string& group) const; ///< how often somebody committed

    /// Takes their partitions from all members of the group, as after a missed heartbeat: they hear `on_lost` and join
    /// again.
    void expel(const std::string& group);

    /// Whether every started consumer is parked: blocked inside `consume` with nothing to take and nothing else to do.
    [[nodiscard]] bool all_parked() const;
    [[nodiscard]] std::size_t consumers() const;          ///< started and not stopped
    [[nodiscard]] bool has_uncommitted() const;           ///< a group whose consumers read further than it committed
    [[nodiscard]] std::string describe_consumers() const; ///< for the text of a failure
    [[nodiscard]] std::size_t lent_records() const;       ///< taken by consumers and not given back

    void hold_acks(); ///< what is sent from now on is stored and not acknowledged
    void release_acks();
    /// Fail like a broker that is away: `start` of producers, sends, topic and lag requests. Consumers just receive
    /// nothing.
    void set_down(bool down);
    [[nodiscard]] bool down() const;

    /// The next `count` records sent (to `topic` only, when given) are not stored and reported as failed.
    void fail_next_sends(std::size_t count, const Error& error, std::string topic = {});
    [[nodiscard]] Faults& send_faults() noexcept { return send_faults_; }
    [[nodiscard]] Faults& consume_faults() noexcept { return consume_faults_; }
    [[nodiscard]] Faults& commit_faults() noexcept { return commit_faults_; }

    void clock_advanced(); ///< lets every blocked consume return once

private:
    friend class FakeMessageConsumer; // they share its mutex and condition
    friend class FakeMessageProducer;

    using Partition = std::deque<StoredRecord>;
    struct Topic {
        std::vector<Partition> partitions{};
        std::int16_t replication = 1;
        std::map<std::string, std::string> settings{};
        std::size_t without_key = 0;
    };

    Topic& topic_named(const std::string& name);
    [[nodiscard]] const Partition* find(const TopicPartition& partition) const;
    StoredRecord store(StoredRecord record, std::optional<std::int32_t> partition);
    void touch() noexcept;

    std::shared_ptr<Activity> activity_;
    Faults send_faults_{};
    Faults consume_faults_{};
    Faults commit_faults_{};

    mutable std::mutex state_mutex_{}; ///< guards all below, and the state of this broker's consumers and producers
    std::condition_variable_any changed_{};
    std::map<std::string, Topic, std::less<>> topics_{};
    std::map<std::string, FakeGroup, std::less<>> groups_{};
    std::vector<FakeMessageConsumer*> consumers_{};
    std::uint64_t sequence_ = 0;
    std::uint64_t ticks_ = 0;
    std::size_t lent_ = 0;
    bool acks_held_ = false;
    bool down_ = false;
};

} // namespace streaming::fakes
