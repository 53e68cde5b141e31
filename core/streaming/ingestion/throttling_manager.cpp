#include "core/streaming/ingestion/throttling_manager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace streaming {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kShortestBurst = 1s; ///< what may leave at once after a quiet time

std::string first_reason(const ThrottlingOptions& options) {
    return options.consumer_groups.empty() ? "throttling.consumer_groups names no group"
                                           : "the lag has not been read yet";
}

} // namespace

ThrottlingManager::ThrottlingManager(Clock& clock, ThrottlingOptions options)
    : clock_(clock),
      options_(std::move(options)),
      thresholds_(options_),
      adaptive_(options_),
      pace_(rate(), clock.now()),
      no_signal_(first_reason(options_)) {}

ThrottleDecision ThrottlingManager::check_and_throttle(std::uint64_t lag, std::string_view source) {
    const auto now = clock_.now();
    const std::lock_guard guard(state_mutex_);
    if (!options_.enabled) {
        return {};
    }
    newest_ = {.records = lag, .taken = now};
    window_.add(lag, now);
    regain_signal(now);
    const auto decision = check(window_.mean(now).value_or(0), source);
    pace(now);
    return decision;
}

ThrottlingManager::Admission ThrottlingManager::admit(std::size_t wanted, std::string_view source) {
    const auto now = clock_.now();
    const std::lock_guard guard(state_mutex_);
    if (!options_.enabled || wanted == 0) {
        return {wanted, now};
    }
    expire_signal(now);
    if (const auto until = hold(now, source)) {
        return {0, *until};
    }
    const std::size_t admitted = pace_.take(wanted, now);
    if (admitted < wanted) {
        adaptive_.held_back(now);
    }
    if (admitted == 0) {
        return {0, pace_.ready(wanted)};
    }
    batch_is_due_ = false;
    adaptive_.sent(admitted, now);
    return {admitted, now};
}

std::optional<Clock::steady_time> ThrottlingManager::hold(Clock::steady_time now, std::string_view source) {
    if (!has_signal() || is_adaptive()) {
        return std::nullopt;
    }
    if (now < hold_) {
        return hold_;
    }
    if (batch_is_due_) {
        return std::nullopt;
    }
    if (std::exchange(unchecked_, false)) {
        check(window_.mean(now).value_or(0), source);
        pace(now);
    }
    if (last_.delay == 0ms) {
        return std::nullopt;
    }
    batch_is_due_ = true;
    hold_ = now + last_.delay;
    return hold_;
}

ThrottleDecision ThrottlingManager::check(double lag, std::string_view source) {
    last_ = thresholds_.check(lag);
    if (last_.action != ThrottleAction::allow) {
        const auto entry = throttled_by_.find(source);
        ++(entry != throttled_by_.end() ? entry->second : throttled_by_[std::string(source)]);
    }
    return last_;
}

void ThrottlingManager::observe(const LagObservation& lag) {
    const auto now = clock_.now();
    const std::lock_guard guard(state_mutex_);
    if (!lag.unknown.empty() && thresholds_.is_low(static_cast<double>(lag.records))) {
        lose_signal(lag.unknown);
        return;
    }
    newest_ = lag;
    window_.add(lag.records, lag.taken);
    regain_signal(now);
    if (is_adaptive()) {
        follow(lag, now);
        return;
    }
    unchecked_ = true;
    const double mean = window_.mean(now).value_or(0);
    if (options_.enabled && thresholds_.is_low(mean) && now >= hold_) {
        // A low check delays nobody, so it needs nobody who asks.
        unchecked_ = false;
        batch_is_due_ = false;
        check(mean, "");
        pace(now);
    }
}

void ThrottlingManager::follow(const LagObservation& lag, Clock::steady_time now) {
    adaptive_.observe(lag, now);
    last_ = {.action = thresholds_.action_for(adaptive_.modelled_lag())};
    pace(now);
}

void ThrottlingManager::observe_unknown(std::string reason) {
    const std::lock_guard guard(state_mutex_);
    lose_signal(std::move(reason));
}

void ThrottlingManager::lose_signal(std::string reason) {
    no_signal_ = reason.empty() ? "the lag is not known" : std::move(reason);
    unchecked_ = false;
    forget_decision();
}

void ThrottlingManager::forget_decision() {
    batch_is_due_ = false;
    hold_ = {};
    last_ = {};
}

void ThrottlingManager::expire_signal(Clock::steady_time now) {
    const auto patience = std::max<Clock::steady_time::duration>(LagWindow::kLength, 3 * options_.lag_interval);
    if (has_signal() && now - seen_ > patience) {
        lose_signal(fmt::format("the lag was last read more than {} s ago",
                                std::chrono::duration_cast<std::chrono::seconds>(patience).count()));
    }
}

void ThrottlingManager::regain_signal(Clock::steady_time now) {
    no_signal_.clear();
    seen_ = now;
}

void ThrottlingManager::pace(Clock::steady_time now) { pace_.set(rate(), std::max(kShortestBurst, last_.delay), now); }

void ThrottlingManager::configure(ThrottlingOptions options) {
    const auto now = clock_.now();
    const std::lock_guard guard(state_mutex_);
    const double before = rate();
    const bool was_adaptive = is_adaptive();
    options_ = std::move(options);
    thresholds_.configure(options_);
    adaptive_.configure(options_);
    if (is_adaptive() != was_adaptive) {
        forget_decision();
        is_adaptive() ? adaptive_.set_rate(before) : thresholds_.set_rate(before);
    }
    if (!options_.enabled) {
        forget_decision();
    }
    if (options_.consumer_groups.empty()) {
        lose_signal(first_reason(options_));
    }
    pace(now);
}

ThrottleStatus ThrottlingManager::status() const {
    const auto now = clock_.now();
    const std::lock_guard guard(state_mutex_);
    ThrottleStatus status;
    status.current_state = has_signal() || !options_.enabled ? std::string(to_string(last_.action)) : "no_signal";
    status.backoff_level = is_adaptive() ? 0 : thresholds_.level();
    status.rate_adjustments = thresholds_.adjustments() + adaptive_.adjustments();
    status.throttled_count = thresholds_.throttled();
    status.send_rate = rate();
    status.predictor_on = is_adaptive() && adaptive_.predictor_on();
    status.no_signal_reason = no_signal_;
    status.throttled_by = {throttled_by_.begin(), throttled_by_.end()};
    if (has_signal()) {
        if (const auto mean = window_.mean(now)) {
            status.lag_records = static_cast<std::uint64_t>(std::llround(*mean));
        }
        status.lag_records_now = newest_.records;
        status.lag_seconds = newest_.seconds;
        status.worst = newest_.worst;
        status.left_out = newest_.left_out;
    }
    return status;
}

} // namespace streaming
