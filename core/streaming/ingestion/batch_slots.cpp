#include "core/streaming/ingestion/batch_slots.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

namespace streaming::detail {

using namespace std::chrono_literals;

namespace {

/// Runs that were missed longer ago are not even counted.
constexpr std::chrono::hours kLongestMemory{24 * 366};

} // namespace

BatchSlots::BatchSlots(const ModeDependencies& dependencies, const Options& options)
    : clock_(dependencies.clock),
      log_(dependencies.log),
      source_(dependencies.source),
      options_(options),
      steady_base_(clock_.now()),
      system_base_(clock_.system_now()),
      backoff_({.first = 10s, .longest = 5min}) {}

Clock::system_time BatchSlots::now() const {
    return options_.cron ? clock_.system_now() : system_base_ + (clock_.now() - steady_base_);
}

Clock::system_time BatchSlots::after(Clock::system_time slot) const {
    return options_.cron ? options_.cron->next(slot) : slot + options_.interval;
}

void BatchSlots::begin(std::optional<Clock::system_time> last_run, std::size_t place) {
    const auto present = now();
    if (last_run) {
        before_ = std::clamp<Clock::system_time>(*last_run, present - kLongestMemory, present);
        upcoming_ = after(before_);
        if (upcoming_ <= present) {
            late_from_ = clock_.now() + first_poll_delay(place, 1min);
        }
    } else if (options_.cron) {
        before_ = present;
        upcoming_ = after(present);
    } else {
        upcoming_ = present + first_poll_delay(place, options_.interval);
        before_ = upcoming_ - options_.interval;
    }
}

BatchRun BatchSlots::next() {
    collect();
    apply_rule();
    if (retry_ && options_.missed == MissedTicks::catch_up) {
        return *retry_;
    }
    if (owed_.empty()) {
        const BatchRun upcoming{.slot = upcoming_};
        return retry_ && retry_at_ <= due(upcoming) ? *retry_ : upcoming;
    }
    retry_.reset(); // the one that is due covers it
    BatchRun run = owed_.front();
    if (owed_.size() == 1) {
        run.window.reset(); // the newest: what is new
    }
    return run;
}

void BatchSlots::collect() {
    std::uint64_t dropped = 0;
    for (const auto present = now(); upcoming_ <= present; upcoming_ = after(upcoming_)) {
        owed_.push_back({.slot = upcoming_, .window = TimeWindow{.from = before_, .to = upcoming_}});
        before_ = upcoming_;
        if (owed_.size() > kMostCaughtUp) {
            owed_.pop_front();
            ++dropped;
        }
    }
    missed_ += dropped;
    if (dropped > 0 && options_.missed == MissedTicks::catch_up) {
        log_.warn("source {}: {} missed runs are too many to catch up, only the newest {} are", source_,
                  dropped + kMostCaughtUp, kMostCaughtUp);
    }
}

void BatchSlots::apply_rule() {
    const auto give_up_oldest = [this] {
        owed_.pop_front();
        ++missed_;
    };
    if (options_.missed == MissedTicks::one) {
        while (owed_.size() > 1) {
            give_up_oldest();
        }
    } else if (options_.missed == MissedTicks::skip) {
        while (!owed_.empty() && is_late(owed_.front().slot)) {
            give_up_oldest();
        }
    }
}

/// A run that starts a little after its time is not a missed one: up to a tenth of the way to the next, at most 1 min.
bool BatchSlots::is_late(Clock::system_time slot) const {
    const auto grace = std::min<Clock::system_time::duration>((after(slot) - slot) / 10, 1min);
    return now() - slot > grace;
}

Clock::steady_time BatchSlots::due(const BatchRun& run) const {
    if (retry_ && retry_->slot == run.slot) {
        return retry_at_;
    }
    const auto slot = clock_.now() + std::chrono::duration_cast<Clock::steady_time::duration>(run.slot - now());
    return std::max(slot, late_from_);
}

void BatchSlots::started(const BatchRun& run) {
    if (retry_ && retry_->slot == run.slot) {
        retry_.reset();
    } else if (!owed_.empty() && owed_.front().slot == run.slot) {
        owed_.pop_front();
    }
    if (!options_.cron && options_.missed == MissedTicks::one && is_late(run.slot)) {
        before_ = now(); // one run for all: the next an interval later, not at once again
        upcoming_ = after(before_);
    }
}

void BatchSlots::failed(const BatchRun& run) {
    retry_ = run;
    retry_at_ = clock_.now() + backoff_.failed();
}

std::uint64_t BatchSlots::take_missed() noexcept { return std::exchange(missed_, 0); }

} // namespace streaming::detail
