#pragma once

#include <map>
#include <memory>
#include <optional>
#include <variant>

#include "core/streaming/ingestion/backfill.hpp"
#include "core/streaming/ingestion/batch_cursor.hpp"
#include "core/streaming/ingestion/batch_slots.hpp"
#include "core/streaming/ingestion/ingestion_mode.hpp"
#include "core/streaming/ingestion/mode_tally.hpp"

namespace streaming {

/// Runs on a schedule: each `schedule_interval`, the first at the start unless the cursor says that the last is more
/// recent, or by cron. What happens with runs whose time passed (a slow run, a pause, a restart) says `missed`; a
/// missed run that is caught up asks for the window from the run before to its own. A run that failed, or of which a
/// row was given up, is repeated after a while. One run at a time: the next starts when all rows of the last are
/// settled. Between runs the past is fetched, if asked for: window by window, oldest first, each when all rows of the
/// last are settled; a run that is due goes first. Only a settled window is done; after a restart the others are
/// fetched. Rows are handed over `batch_size` at a time, the next while fewer than that are on their way.
class BatchMode final : public IngestionMode {
public:
    /// The error is a schedule or date that is none.
    [[nodiscard]] static Result<std::unique_ptr<IngestionMode>> create(const IngestionOptions& options,
                                                                       const ModeDependencies& dependencies);

    [[nodiscard]] IngestionKind kind() const noexcept override { return IngestionKind::batch; }
    [[nodiscard]] PollPlan next_poll(const Backlog& backlog) override;
    void poll_started(const PollPlan& plan) override;
    void poll_ended(const PollPlan& plan, const PollEnd& end) override;
    void poll_settled(const PollPlan& plan, bool ok) override;
    [[nodiscard]] HandOver hand_over(const Backlog& backlog) override;
    void arrived() override {}
    [[nodiscard]] ModeCounts counts() const override { return tally_.counts(); }

private:
    /// A run of the schedule, or a window of the past.
    using Poll = std::variant<detail::BatchRun, TimeWindow>;

    BatchMode(const ModeDependencies& dependencies, const detail::BatchSlots::Options& slots,
              const std::optional<Backfill::Options>& backfill, std::size_t batch_size);
    [[nodiscard]] bool begin();
    [[nodiscard]] PollPlan propose(Clock::steady_time due, Poll poll, std::optional<TimeWindow> window);
    void settled(const detail::BatchRun& run, bool ok);
    void settled(const TimeWindow& window, bool ok);
    void save();

    ModeDependencies dependencies_;
    detail::BatchSlots slots_;
    std::optional<Backfill::Options> past_;
    std::size_t batch_size_;
    detail::ModeTally tally_;

    bool begun_ = false; ///< the cursor was read
    Clock::steady_time begin_at_{};
    detail::PollBackoff load_backoff_;
    bool save_failed_ = false;
    detail::BatchCursor cursor_{};
    std::optional<Backfill> backfill_{};
    /// A window that would still be fetched when a run is due waits for that run. One that would not fit between two
    /// runs goes after each.
    Clock::steady_time window_started_{};
    Clock::steady_time::duration window_time_{}; ///< that the last one took
    bool ran_since_window_ = false;
    std::optional<Clock::steady_time> idle_since_{}; ///< since the last run
    Poll proposed_{};
    std::map<std::uint64_t, Poll> unsettled_{}; ///< by ticket
    bool running_ = false;                      ///< one of them is a run of the schedule
};

} // namespace streaming
