#include "core/streaming/ingestion/lag_window.hpp"

namespace streaming {

void LagWindow::add(std::uint64_t lag, Clock::steady_time taken) {
    samples_.push_back({taken, lag});
    while (taken - samples_.front().taken >= kLength) {
        samples_.pop_front();
    }
}

std::optional<double> LagWindow::mean(Clock::steady_time now) const {
    if (samples_.empty()) {
        return std::nullopt;
    }
    double sum = 0;
    std::size_t counted = 0;
    for (const Sample& sample : samples_) {
        if (now - sample.taken < kLength) {
            sum += static_cast<double>(sample.lag);
            ++counted;
        }
    }
    return counted == 0 ? static_cast<double>(samples_.back().lag) : sum / static_cast<double>(counted);
}

} // namespace streaming
