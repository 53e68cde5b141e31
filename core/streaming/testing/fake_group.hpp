#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/record.hpp"

namespace streaming::fakes {

/// What one member of a group wants to read.
struct Subscriber {
    const void* member = nullptr;
    std::vector<std::string> topics{};
};

/// The partitions of `member` by Kafka's range assignor: of each topic, the members that want it share the partitions
/// in contiguous ranges, and the first ones get one more when it does not divide.
[[nodiscard]] std::vector<TopicPartition> range_assignment(
    std::span<const Subscriber> subscribers, const void* member,
    const std::function<std::int32_t(const std::string&)>& partitions_of);

/// A consumer group: who is in, who holds which partition, and what is committed. A change of members starts a new
/// generation; a partition gets its new holder only when the old one gave it back. Guarded by the broker's mutex.
struct FakeGroup {
    std::vector<Subscriber> subscribers{};
    std::uint64_t generation = 0;
    std::map<TopicPartition, const void*> holders{};
    std::map<TopicPartition, std::int64_t> committed{};
    std::size_t commits = 0;

    void join(Subscriber subscriber);
    void leave(const void* member);
    void release(const void* member); ///< gives back what it holds
    [[nodiscard]] bool holds(const void* member, const TopicPartition& partition) const;
    [[nodiscard]] bool free(std::span<const TopicPartition> partitions) const;
};

} // namespace streaming::fakes
