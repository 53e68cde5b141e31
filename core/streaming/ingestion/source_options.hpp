#pragma once

#include <chrono>
#include <string>

#include "core/streaming/infrastructure/options.hpp"

namespace streaming {

struct SourceOptions {
    std::string name{};  ///< unique in the service; label, dead letters: {topic}.{name}.dlq
    std::string topic{}; ///< where the events go
    std::chrono::milliseconds polling_interval =
        60s; ///< from the end of one poll to the start of the next, at least 1 ms
    /// Must exceed the time a source repeats its rows: FIRMS answers repeat a day.
    DeduplicationOptions deduplication{.ttl = std::chrono::hours(48)};
    HttpOptions http{};

    [[nodiscard]] Problems validate() const;
};

} // namespace streaming
