#pragma once

#include "core/streaming/ingestion/ingestion_mode.hpp"
#include "core/streaming/ingestion/mode_tally.hpp"
#include "core/streaming/ingestion/poll_timing.hpp"

namespace streaming {

/// Polls again `polling_interval` after the end of the last poll, or at once when something was pushed, while fewer
/// than `buffer_size` of its rows are on their way. After failures it waits as RealTimeMode does. Rows go at once while
/// nothing of the source is on its way (an idle system does not wait for a buffer to fill); otherwise when
/// `buffer_size` of them wait or the oldest waited for `buffer_flush_interval`.
class ContinuousStreamingMode final : public IngestionMode {
public:
    ContinuousStreamingMode(const IngestionOptions& options, const ModeDependencies& dependencies);

    [[nodiscard]] IngestionKind kind() const noexcept override { return IngestionKind::continuous_streaming; }
    [[nodiscard]] PollPlan next_poll(const Backlog& backlog) override;
    void poll_started(const PollPlan& plan) override;
    void poll_ended(const PollPlan& plan, const PollEnd& end) override;
    void poll_settled(const PollPlan& plan, bool ok) override;
    [[nodiscard]] HandOver hand_over(const Backlog& backlog) override;
    void arrived() override { arrived_ = true; }
    [[nodiscard]] ModeCounts counts() const override { return tally_.counts(); }

private:
    Clock& clock_;
    std::chrono::milliseconds interval_;
    std::size_t buffer_size_;
    std::chrono::milliseconds flush_interval_;
    detail::PollBackoff backoff_;
    detail::ModeTally tally_;
    Clock::steady_time due_;
    bool arrived_ = false;
};

} // namespace streaming
