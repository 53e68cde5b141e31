#pragma once

#include <optional>

#include "core/streaming/ingestion/ingestion_mode.hpp"
#include "core/streaming/ingestion/mode_tally.hpp"
#include "core/streaming/ingestion/poll_timing.hpp"

namespace streaming {

/// Polls each `polling_interval`, give or take the jitter, as PollSlots says; never overlapping itself: a poll that
/// took longer is followed by the next at once, and what it missed is counted. After a failure the next poll waits for
/// the interval after its end, twice as long after each further one (up to 8 intervals or 5 min).
/// At most `max_records_per_poll` rows are handed over for each interval: when an answer had more, the rest comes in
/// the next ones, and nothing is fetched while a whole portion waits, or is on its way.
class RealTimeMode final : public IngestionMode {
public:
    RealTimeMode(const IngestionOptions& options, const ModeDependencies& dependencies);

    [[nodiscard]] IngestionKind kind() const noexcept override { return IngestionKind::real_time; }
    [[nodiscard]] PollPlan next_poll(const Backlog& backlog) override;
    void poll_started(const PollPlan& plan) override;
    void poll_ended(const PollPlan& plan, const PollEnd& end) override;
    void poll_settled(const PollPlan& plan, bool ok) override;
    [[nodiscard]] HandOver hand_over(const Backlog& backlog) override;
    void arrived() override {}
    [[nodiscard]] ModeCounts counts() const override { return tally_.counts(); }

private:
    void begin_interval();
    [[nodiscard]] bool has_portion(Clock::steady_time now) const;

    Clock& clock_;
    std::chrono::milliseconds interval_;
    std::size_t portion_;
    detail::PollSlots slots_;
    detail::PollBackoff backoff_;
    detail::ModeTally tally_;
    Clock::steady_time due_;
    std::size_t left_ = 0; ///< of this interval's portion
    /// The interval that is due got its portion then, before its poll: the poll brings no second one.
    std::optional<Clock::steady_time> rest_began_{};
};

} // namespace streaming
