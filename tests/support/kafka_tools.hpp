#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace streaming::testing_support {

// Requests to a real broker with bare librdkafka, none of our code in between. Each throws std::runtime_error when the
// broker refuses or does not answer within 10 s.

/// Makes the topic have `total` partitions.
void add_partitions(const std::string& servers, const std::string& topic, std::size_t total);

/// Makes what stands before `offset` vanish, as retention does.
void delete_records_before(const std::string& servers, const std::string& topic, std::int32_t partition,
                           std::int64_t offset);

/// First offset of the partition whose record is not older than `time`.
[[nodiscard]] std::int64_t offset_at(const std::string& servers, const std::string& topic, std::int32_t partition,
                                     std::chrono::system_clock::time_point time);

/// Where the partitions of a topic end, summed: the number of records ever written. -1 while nobody can tell.
[[nodiscard]] std::int64_t end_of(const std::string& servers, const std::string& topic);

/// Waits until the partitions of a topic end at `sum` or later. False when that did not come within `patience`.
[[nodiscard]] bool await_end(const std::string& servers, const std::string& topic, std::int64_t sum,
                             std::chrono::milliseconds patience);

} // namespace streaming::testing_support
