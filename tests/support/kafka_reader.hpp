#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/headers.hpp"

namespace streaming::testing_support {

/// One record as it lies in the topic.
struct StoredRecord {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::optional<std::string> key{};
    std::optional<std::string> payload{};
    Headers headers{};
    friend bool operator==(const StoredRecord&, const StoredRecord&) = default;
};

/// Reads a whole topic with bare librdkafka, none of our code in between, up to where it ends at the moment of the
/// call. Partition by partition, in offset order. Throws std::runtime_error when the topic cannot be read.
[[nodiscard]] std::vector<StoredRecord> read_topic(const std::string& servers, const std::string& topic,
                                                   std::chrono::milliseconds timeout = std::chrono::seconds(10));

/// Reads again and again until there are `count` records or the time is over.
[[nodiscard]] std::vector<StoredRecord> await_records(const std::string& servers, const std::string& topic,
                                                      std::size_t count,
                                                      std::chrono::milliseconds timeout = std::chrono::seconds(15));

} // namespace streaming::testing_support
