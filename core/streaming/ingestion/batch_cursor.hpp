#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/backfill.hpp"

namespace streaming::detail {

/// What BatchMode remembers across restarts.
struct BatchCursor {
    std::optional<Clock::system_time> last_run{}; ///< the time it was due
    std::optional<BackfillProgress> backfill{};
    friend bool operator==(const BatchCursor&, const BatchCursor&) = default;

    /// JSON: {"last_run":time,"backfill":{"from":time,"to":time,"done_to":time}}, both as far as known.
    [[nodiscard]] std::string to_text() const;
    [[nodiscard]] static Result<BatchCursor> parse(std::string_view text);
};

} // namespace streaming::detail
