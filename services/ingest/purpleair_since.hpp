#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// What PurpleAir is asked for next time (`modified_since`): the time of the newest answer whose readings all arrived.
/// Remembered across restarts, for what was asked (`asked`): another box or other fields begin anew. Thread-safe.
class PurpleAirSince {
public:
    PurpleAirSince(std::string cursor, std::string asked) : cursor_(std::move(cursor)), asked_(std::move(asked)) {}

    /// The place to remember it in, borrowed; null = nowhere. The first time it is read. An error = it cannot be: all
    /// of a week would be asked for again.
    streaming::Status use(streaming::CursorStore* cursors);
    [[nodiscard]] std::int64_t time() const; ///< seconds since 1970; 0 = all there is
    /// Never back: an answer may have come out of a cache.
    void advance(std::int64_t to);

private:
    const std::string cursor_;
    const std::string asked_;
    mutable std::mutex mutex_{}; ///< guards all below
    streaming::CursorStore* cursors_ = nullptr;
    bool read_ = false;
    std::int64_t time_ = 0;
};

} // namespace services::ingest
