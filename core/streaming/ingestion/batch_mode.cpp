#include "core/streaming/ingestion/batch_mode.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

namespace streaming {

using namespace std::chrono_literals;

Result<std::unique_ptr<IngestionMode>> BatchMode::create(const IngestionOptions& options,
                                                         const ModeDependencies& dependencies) {
    detail::BatchSlots::Options slots{.interval = options.schedule_interval, .missed = options.missed};
    if (!options.schedule_cron.empty()) {
        const auto cron = CronSchedule::parse(options.schedule_cron);
        if (!cron) {
            return cron.error();
        }
        slots.cron = cron.value();
    }
    const auto backfill = Backfill::of(options);
    if (!backfill) {
        return backfill.error();
    }
    return std::unique_ptr<IngestionMode>(new BatchMode(dependencies, slots, backfill.value(), options.batch_size));
}

BatchMode::BatchMode(const ModeDependencies& dependencies, const detail::BatchSlots::Options& slots,
                     const std::optional<Backfill::Options>& backfill, std::size_t batch_size)
    : dependencies_(dependencies),
      slots_(dependencies, slots),
      past_(backfill),
      batch_size_(batch_size),
      tally_(dependencies.clock),
      load_backoff_({.first = 1s, .longest = 1min}) {}

/// Reads the cursor. Not beginning without it when it cannot be read: that could fetch the whole past again.
bool BatchMode::begin() {
    if (begun_ || dependencies_.clock.now() < begin_at_) {
        return begun_;
    }
    if (dependencies_.cursors != nullptr) {
        const auto text = dependencies_.cursors->load(dependencies_.source);
        if (!text) {
            dependencies_.log.warn("source {}: its cursor cannot be read, it waits: {}", dependencies_.source,
                                   text.error().message);
            begin_at_ = dependencies_.clock.now() + load_backoff_.failed();
            return false;
        }
        if (text.value()) {
            auto cursor = detail::BatchCursor::parse(*text.value());
            if (cursor) {
                cursor_ = std::move(cursor).value();
            } else {
                dependencies_.log.warn("source {}: its cursor is damaged, it begins anew: {}", dependencies_.source,
                                       cursor.error().message);
            }
        }
    }
    begun_ = true;
    slots_.begin(cursor_.last_run, dependencies_.place);
    if (past_) {
        backfill_.emplace(*past_, cursor_.backfill, dependencies_.clock.system_now());
        if (cursor_.backfill != backfill_->progress()) {
            cursor_.backfill = backfill_->progress();
            save(); // the time of the first start
        }
    }
    return true;
}

PollPlan BatchMode::next_poll(const Backlog& backlog) {
    if (!begin()) {
        return {.due = begin_at_, .ticket = tally_.next_ticket()};
    }
    PollPlan plan{.due = Clock::steady_time::max(), .ticket = tally_.next_ticket()};
    if (!running_) {
        const detail::BatchRun run = slots_.next();
        tally_.missed(slots_.take_missed());
        plan = propose(slots_.due(run), run, run.window);
    }
    const bool idle = unsettled_.empty() && backlog.waiting + backlog.unsettled == 0;
    const auto now = dependencies_.clock.now();
    if (idle && backfill_ && plan.due > now) {
        idle_since_ = idle_since_.value_or(now);
        const auto window = backfill_->next();
        const auto start = std::max(backfill_->due(), now);
        const bool never_fits = ran_since_window_ && plan.due - *idle_since_ < window_time_;
        if (window && start < plan.due && (plan.due - start >= window_time_ || never_fits)) {
            const auto news_due = plan.due;
            plan = propose(start, *window, window);
            plan.news_due = news_due;
        }
    }
    return plan;
}

PollPlan BatchMode::propose(Clock::steady_time due, Poll poll, std::optional<TimeWindow> window) {
    proposed_ = poll;
    return {.due = due, .window = window, .ticket = tally_.next_ticket()};
}

void BatchMode::poll_started(const PollPlan& plan) {
    tally_.started();
    if (const auto* const run = std::get_if<detail::BatchRun>(&proposed_)) {
        slots_.started(*run);
        running_ = true;
        ran_since_window_ = true;
        idle_since_.reset();
    } else {
        window_started_ = dependencies_.clock.now();
        ran_since_window_ = false;
    }
    unsettled_.insert_or_assign(plan.ticket, proposed_);
}

void BatchMode::poll_ended(const PollPlan& plan, const PollEnd& end) {
    tally_.ended(end);
    const auto poll = unsettled_.find(plan.ticket);
    if (poll != unsettled_.end() && std::holds_alternative<TimeWindow>(poll->second)) {
        const auto time = dependencies_.clock.now() - window_started_;
        window_time_ = end.ok ? time : std::max(window_time_, time); // one that was refused at once tells nothing
    }
}

void BatchMode::poll_settled(const PollPlan& plan, bool ok) {
    const auto poll = unsettled_.extract(plan.ticket);
    if (poll.empty()) {
        return;
    }
    tally_.settled(ok);
    std::visit([&](const auto& what) { settled(what, ok); }, poll.mapped());
}

void BatchMode::settled(const detail::BatchRun& run, bool ok) {
    running_ = false;
    if (!ok) {
        slots_.failed(run);
        return;
    }
    slots_.worked();
    cursor_.last_run = run.slot;
    save();
}

void BatchMode::settled(const TimeWindow& window, bool ok) {
    if (!ok) {
        backfill_->failed(dependencies_.clock.now());
        return;
    }
    backfill_->done(window);
    cursor_.backfill = backfill_->progress();
    save();
    if (!backfill_->next()) {
        dependencies_.log.info("source {}: the past is fetched", dependencies_.source);
    }
}

/// A failure is made up by the next time; until then a restart repeats a run or window, under the same ids.
void BatchMode::save() {
    if (dependencies_.cursors == nullptr) {
        return;
    }
    const Status saved = dependencies_.cursors->save(dependencies_.source, cursor_.to_text());
    if (!saved && !save_failed_) {
        dependencies_.log.warn("source {}: its cursor cannot be saved, a restart would repeat: {}",
                               dependencies_.source, saved.error().message);
    }
    save_failed_ = !saved;
}

HandOver BatchMode::hand_over(const Backlog& backlog) {
    const std::size_t rows = backlog.unsettled < batch_size_ ? std::min(backlog.waiting, batch_size_) : 0;
    return {.rows = rows, .again = Clock::steady_time::max()};
}

} // namespace streaming
