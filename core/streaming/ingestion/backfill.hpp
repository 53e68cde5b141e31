#pragma once

#include <optional>
#include <string_view>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"
#include "core/streaming/ingestion/poll_timing.hpp"

namespace streaming {

/// A date (its midnight, UTC) or an RFC 3339 time, to the millisecond.
[[nodiscard]] Result<Clock::system_time> parse_backfill_time(std::string_view text);

/// How far the past is fetched. What a cursor keeps.
struct BackfillProgress {
    Clock::system_time from{};
    Clock::system_time to{};
    Clock::system_time done_to{}; ///< windows are done oldest first: all before is done
    friend bool operator==(const BackfillProgress&, const BackfillProgress&) = default;
};

/// Cuts a part of the past into windows and gives the oldest that is not done, until it is. A window that failed is
/// due again after a while, longer each time (10 s to 5 min), and no other before it: none is skipped. Windows of whole
/// days end at midnight (UTC), so that they touch no more days than they are long, wherever the first begins.
/// Used by one thread at a time.
class Backfill {
public:
    struct Options {
        Clock::system_time from{};
        std::optional<Clock::system_time> to{}; ///< absent = the time of the first start
        std::chrono::seconds window{};
    };
    /// What the options ask for; nullopt = nothing. The error is a text that is no time.
    [[nodiscard]] static Result<std::optional<Options>> of(const IngestionOptions& options);

    /// Goes on where `saved` was, as far as that is of the same part of the past; anew otherwise.
    Backfill(const Options& options, const std::optional<BackfillProgress>& saved, Clock::system_time now);

    [[nodiscard]] std::optional<TimeWindow> next() const;
    [[nodiscard]] Clock::steady_time due() const noexcept { return due_; } ///< of the next
    void done(const TimeWindow& window);
    void failed(Clock::steady_time now) { due_ = now + backoff_.failed(); }
    [[nodiscard]] const BackfillProgress& progress() const noexcept { return progress_; }

private:
    std::chrono::seconds window_;
    BackfillProgress progress_;
    detail::PollBackoff backoff_;
    Clock::steady_time due_ = Clock::steady_time::min();
};

} // namespace streaming
