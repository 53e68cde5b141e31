#include "core/streaming/ingestion/real_time_mode.hpp"

#include <algorithm>

namespace streaming {

RealTimeMode::RealTimeMode(const IngestionOptions& options, const ModeDependencies& dependencies)
    : clock_(dependencies.clock),
      interval_(options.polling_interval),
      portion_(options.max_records_per_poll),
      slots_(clock_.now() + detail::first_poll_delay(dependencies.place, interval_), interval_, options.jitter),
      backoff_(detail::PollBackoff::of_interval(options.polling_interval)),
      tally_(dependencies.clock),
      due_(slots_.due()) {}

PollPlan RealTimeMode::next_poll(const Backlog& backlog) {
    const bool full = backlog.waiting >= portion_ || backlog.unsettled >= portion_;
    return {.due = full ? Clock::steady_time::max() : due_, .ticket = tally_.next_ticket()};
}

void RealTimeMode::poll_started(const PollPlan&) {
    tally_.started();
    begin_interval();
}

void RealTimeMode::begin_interval() {
    const auto now = clock_.now();
    if (now > due_) {
        tally_.missed(static_cast<std::uint64_t>((now - due_) / interval_));
    }
    slots_.began(now);
    due_ = slots_.due();
    if (!has_portion(now)) {
        left_ = portion_;
    }
    rest_began_.reset();
}

bool RealTimeMode::has_portion(Clock::steady_time now) const { return rest_began_ && now - *rest_began_ < interval_; }

void RealTimeMode::poll_ended(const PollPlan&, const PollEnd& end) { tally_.ended(end); }

void RealTimeMode::poll_settled(const PollPlan&, bool ok) {
    tally_.settled(ok);
    if (ok) {
        backoff_.worked();
    } else {
        due_ = std::max(due_, clock_.now() + backoff_.failed());
    }
}

HandOver RealTimeMode::hand_over(const Backlog& backlog) {
    const auto now = clock_.now();
    if (backlog.waiting >= portion_ && now >= due_) {
        begin_interval(); // without a poll: what waits is its portion
    } else if (backlog.waiting > 0 && now >= due_ && !has_portion(now)) {
        left_ = portion_; // the rest of an answer does not wait for a poll that cannot come yet
        rest_began_ = now;
    }
    const std::size_t rows = std::min(backlog.waiting, left_);
    left_ -= rows;
    const auto next = rest_began_ ? std::max(due_, *rest_began_ + interval_) : due_;
    return {.rows = rows, .again = backlog.waiting > rows ? next : Clock::steady_time::max()};
}

} // namespace streaming
