#pragma once

#include <spdlog/fwd.h>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "core/streaming/ingestion/cron_schedule.hpp"
#include "core/streaming/ingestion/ingestion_mode.hpp"
#include "core/streaming/ingestion/poll_timing.hpp"

namespace streaming::detail {

/// A run of a batch source.
struct BatchRun {
    Clock::system_time slot{};          ///< the time it is for
    std::optional<TimeWindow> window{}; ///< of one that was missed and is caught up: from the slot before to its own
};

/// Which runs of a schedule are due, and what becomes of the missed ones. Used by one thread at a time.
/// An interval follows the steady clock, so that setting the wall clock moves no run; the wall clock only says, at the
/// start, how long ago the last run was. A cron schedule follows the wall clock.
class BatchSlots {
public:
    /// Of missed runs, no more than so many are caught up, the newest.
    static constexpr std::size_t kMostCaughtUp = 1000;

    struct Options {
        std::optional<CronSchedule> cron{}; ///< absent = the interval
        std::chrono::milliseconds interval{};
        MissedTicks missed = MissedTicks::one;
    };
    BatchSlots(const ModeDependencies& dependencies, const Options& options);

    /// The first call: `last_run` is what is known of earlier ones. What is overdue then is spread as first polls are.
    void begin(std::optional<Clock::system_time> last_run, std::size_t place);
    /// What is to run next.
    [[nodiscard]] BatchRun next();
    /// When: before now for one that is late.
    [[nodiscard]] Clock::steady_time due(const BatchRun& run) const;
    void started(const BatchRun& run);
    /// It is due again after a while (10 s to 5 min), unless the next of the schedule comes first and covers it.
    void failed(const BatchRun& run);
    void worked() noexcept { backoff_.worked(); }
    /// Missed runs since the last call.
    [[nodiscard]] std::uint64_t take_missed() noexcept;

private:
    [[nodiscard]] Clock::system_time now() const;
    [[nodiscard]] Clock::system_time after(Clock::system_time slot) const;
    [[nodiscard]] bool is_late(Clock::system_time slot) const;
    void collect();
    void apply_rule();

    Clock& clock_;
    spdlog::logger& log_;
    std::string source_;
    Options options_;
    Clock::steady_time steady_base_;
    Clock::system_time system_base_;
    Clock::system_time upcoming_{};
    Clock::system_time before_{};    ///< the slot before upcoming_
    Clock::steady_time late_from_{}; ///< runs that were missed before the start wait until then
    std::deque<BatchRun> owed_{};    ///< their time has come
    std::optional<BatchRun> retry_{};
    Clock::steady_time retry_at_{};
    PollBackoff backoff_;
    std::uint64_t missed_ = 0;
};

} // namespace streaming::detail
