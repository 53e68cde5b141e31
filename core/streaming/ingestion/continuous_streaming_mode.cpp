#include "core/streaming/ingestion/continuous_streaming_mode.hpp"

#include <algorithm>

namespace streaming {

ContinuousStreamingMode::ContinuousStreamingMode(const IngestionOptions& options, const ModeDependencies& dependencies)
    : clock_(dependencies.clock),
      interval_(options.polling_interval),
      buffer_size_(options.buffer_size),
      flush_interval_(options.buffer_flush_interval),
      backoff_(detail::PollBackoff::of_interval(options.polling_interval)),
      tally_(dependencies.clock),
      due_(clock_.now() + detail::first_poll_delay(dependencies.place, interval_)) {}

PollPlan ContinuousStreamingMode::next_poll(const Backlog& backlog) {
    const bool full = backlog.waiting + backlog.unsettled >= buffer_size_;
    const auto due = arrived_ ? std::min(due_, clock_.now()) : due_;
    return {.due = full ? Clock::steady_time::max() : due, .ticket = tally_.next_ticket()};
}

void ContinuousStreamingMode::poll_started(const PollPlan&) {
    tally_.started();
    arrived_ = false; // what is pushed from here on may be too late for this poll
}

void ContinuousStreamingMode::poll_ended(const PollPlan&, const PollEnd& end) {
    tally_.ended(end);
    due_ = clock_.now() + interval_;
}

void ContinuousStreamingMode::poll_settled(const PollPlan&, bool ok) {
    tally_.settled(ok);
    if (ok) {
        backoff_.worked();
    } else {
        due_ = std::max(due_, clock_.now() + backoff_.failed());
    }
}

HandOver ContinuousStreamingMode::hand_over(const Backlog& backlog) {
    if (backlog.waiting == 0) {
        return {.again = Clock::steady_time::max()};
    }
    const auto flush_at = backlog.oldest + flush_interval_;
    if (backlog.unsettled == 0 || backlog.waiting >= buffer_size_ || clock_.now() >= flush_at) {
        return {.rows = backlog.waiting, .again = Clock::steady_time::max()};
    }
    return {.again = flush_at};
}

} // namespace streaming
