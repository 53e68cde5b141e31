#include "core/streaming/ingestion/host_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace streaming {

using std::chrono::milliseconds;

Error HostGate::paused(Clock::steady_time now) const {
    return {.code = ErrorCode::rate_limited,
            .message = fmt::format("{}: asked for a pause, of which {} ms are left", host_,
                                   std::chrono::ceil<milliseconds>(paused_until_ - now).count()),
            .retryable = true};
}

Error HostGate::circuit_open(Clock::steady_time now) const {
    const auto left = std::max(std::chrono::ceil<milliseconds>(breaker_.open_until() - now), milliseconds(0));
    return {.code = ErrorCode::unavailable,
            .message = fmt::format("{}: failed too often in a row; the circuit is open for {} ms", host_, left.count()),
            .retryable = true};
}

Error HostGate::no_place() const {
    return {.code = ErrorCode::timed_out,
            .message = fmt::format("{}: {} requests are on their way, no more may go", host_, on_their_way_),
            .retryable = true};
}

/// Sources that were kept waiting come together: one of them probes, and it would be a failed poll for all others.
void HostGate::await_probe(std::unique_lock<std::mutex>& lock, Clock::steady_time give_up,
                           const std::stop_token& stop) {
    constexpr std::chrono::seconds kPatience{2}; // a host that hangs must not hold those who could ask others
    const auto until = std::min(give_up, clock_.now() + kPatience);
    while (breaker_.state() == CircuitBreaker::State::half_open && clock_.now() < until && !stop.stop_requested()) {
        clock_.wait_until(lock, changed_, until, stop);
    }
}

Status HostGate::look(const Limits& limits, Clock::steady_time give_up, const std::stop_token& stop) {
    std::unique_lock lock(gate_mutex_);
    await_probe(lock, give_up, stop);
    const auto now = clock_.now();
    if (paused_until_ > now && paused_until_ > give_up) {
        return paused(now);
    }
    if (on_their_way_ >= limits.concurrency && give_up <= now) {
        return no_place();
    }
    const bool open = breaker_.state() == CircuitBreaker::State::half_open ||
                      (breaker_.state() == CircuitBreaker::State::open && now < breaker_.open_until());
    return open ? Status(circuit_open(now)) : Status();
}

Result<HostGate::Pass> HostGate::enter(const Limits& limits, Clock::steady_time give_up, const std::stop_token& stop) {
    std::unique_lock lock(gate_mutex_);
    await_probe(lock, give_up, stop);
    while (true) {
        const auto now = clock_.now();
        if (stop.stop_requested()) {
            return Error{.code = ErrorCode::stopped, .message = fmt::format("{}: stopped", host_)};
        }
        if (paused_until_ > now) {
            if (paused_until_ > give_up) {
                return paused(now);
            }
            clock_.wait_until(lock, changed_, paused_until_, stop);
        } else if (on_their_way_ >= std::max<std::size_t>(limits.concurrency, 1)) {
            if (now >= give_up) {
                return no_place();
            }
            clock_.wait_until(lock, changed_, give_up, stop);
        } else if (const auto admission = breaker_.admit(now); admission == CircuitBreaker::Admission::no) {
            return circuit_open(now);
        } else {
            ++on_their_way_;
            return Pass{.admission = admission};
        }
    }
}

void HostGate::leave(const Pass& pass, Ending ending, const Limits& limits) {
    const auto now = clock_.now();
    {
        const std::lock_guard lock(gate_mutex_);
        --on_their_way_;
        switch (ending) {
            case Ending::answered:
                breaker_.succeeded();
                refusals_ = 0;
                break;
            case Ending::failed:
                breaker_.failed(now, limits.breaker);
                break;
            case Ending::unknown:
                breaker_.ended(pass.admission, now);
                break;
        }
    }
    changed_.notify_all();
}

void HostGate::pause_until(Clock::steady_time time) {
    {
        const std::lock_guard lock(gate_mutex_);
        paused_until_ = std::max(paused_until_, time);
    }
    changed_.notify_all();
}

std::chrono::nanoseconds HostGate::refused(const RefusalPause& pause, Jitter& jitter) {
    constexpr std::size_t kMostDoubled = 20; // longer than any pause, and no overflow
    const auto now = clock_.now();
    std::chrono::nanoseconds time{0};
    {
        const std::lock_guard lock(gate_mutex_);
        if (pause.first.count() == 0 || paused_until_ > now) {
            return time;
        }
        time = std::min(pause.first * (std::int64_t{1} << std::min(refusals_++, kMostDoubled)), pause.longest);
        paused_until_ = now + time + jitter.after_pause(time);
    }
    changed_.notify_all();
    return time;
}

bool HostGate::is_to_be_told(std::chrono::nanoseconds pause) {
    constexpr std::chrono::minutes kSeldom{1};
    const auto now = clock_.now();
    const std::lock_guard lock(gate_mutex_);
    if (told_ && pause <= told_->pause && now - told_->at < kSeldom) {
        return false;
    }
    told_ = Told{.at = now, .pause = std::max(pause, told_ ? told_->pause : pause)};
    return true;
}

bool HostGate::is_end_to_be_told() {
    const auto now = clock_.now();
    const std::lock_guard lock(gate_mutex_);
    if (!told_ || now < told_->at + told_->pause) { // what was on its way when the pause began says nothing of its end
        return false;
    }
    told_.reset();
    return true;
}

Clock::steady_time HostGate::closed_until() const {
    constexpr std::chrono::seconds kProbeTakes{1};
    const auto now = clock_.now();
    const std::lock_guard lock(gate_mutex_);
    switch (breaker_.state()) {
        case CircuitBreaker::State::closed:
            return paused_until_;
        case CircuitBreaker::State::open:
            return std::max(paused_until_, breaker_.open_until());
        case CircuitBreaker::State::half_open:
            break;
    }
    return std::max(paused_until_, now + kProbeTakes);
}

CircuitBreaker::State HostGate::circuit() const {
    const std::lock_guard lock(gate_mutex_);
    return breaker_.state();
}

std::uint64_t HostGate::circuit_opened() const {
    const std::lock_guard lock(gate_mutex_);
    return breaker_.opened();
}

} // namespace streaming
