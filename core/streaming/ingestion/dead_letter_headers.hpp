#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "core/streaming/infrastructure/headers.hpp"

namespace streaming::detail {

/// Why a record of a source goes to its dead-letter topic.
struct SourceFailure {
    std::string_view service{};
    std::string_view source{};
    std::string_view topic{}; ///< where it was meant to go; empty = nowhere, it was rejected
    std::string_view error_class{};
    std::string_view text{}; ///< cut at 2 KB on a character boundary, invalid UTF-8 replaced
    std::size_t attempts = 1;
    std::chrono::system_clock::time_point first_failure{};
    std::chrono::system_clock::time_point last_failure{};
    std::string_view correlation_id{};
    std::optional<std::size_t> payload_bytes{}; ///< of a payload that is left out, since it fits nowhere
};

/// The headers of a dead letter as far as a record has them that was read from no topic: there is no original
/// partition, offset or timestamp. What is read from topics: DeadLetterQueue.
void set_dead_letter_headers(Headers& headers, const SourceFailure& failure);

} // namespace streaming::detail
