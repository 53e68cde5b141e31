#include "core/streaming/ingestion/circuit_breaker.hpp"

namespace streaming {

CircuitBreaker::Admission CircuitBreaker::admit(Clock::steady_time now) {
    if (state_ == State::closed) {
        return Admission::yes;
    }
    if (state_ == State::half_open || now < open_until_) {
        return Admission::no;
    }
    state_ = State::half_open;
    return Admission::as_probe;
}

void CircuitBreaker::succeeded() {
    state_ = State::closed;
    failures_ = 0;
}

void CircuitBreaker::failed(Clock::steady_time now, const Options& options) {
    ++failures_;
    const bool probe_failed = state_ == State::half_open;
    if (!probe_failed && (state_ == State::open || options.failures == 0 || failures_ < options.failures)) {
        return;
    }
    state_ = State::open;
    open_until_ = now + options.open_for;
    ++opened_;
}

void CircuitBreaker::ended(Admission admission, Clock::steady_time now) {
    if (admission == Admission::as_probe && state_ == State::half_open) {
        state_ = State::open; // the next one is the probe
        open_until_ = now;
    }
}

std::string_view to_string(CircuitBreaker::State state) noexcept {
    switch (state) {
        case CircuitBreaker::State::closed:
            return "closed";
        case CircuitBreaker::State::open:
            return "open";
        case CircuitBreaker::State::half_open:
            return "half_open";
    }
    return "unknown";
}

} // namespace streaming
