#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// Where a series goes: level and trend (Holt's linear method), and whether that is worth anything. Each forecast is
/// compared with what came; only while the error is less than that of "same as now" over the last comparisons (rolling
/// MASE < 1; Hyndman and Koehler 2006) it is on. On bursts it is usually off. Used by one thread.
class TrendPredictor {
public:
    static constexpr std::size_t kComparisons = 60;

    void add(double value, Clock::steady_time time);
    [[nodiscard]] bool on() const noexcept { return forecasts_.size() == kComparisons && mase() < 1.0; }
    /// Growth within `ahead`; 0 while off.
    [[nodiscard]] double growth(std::chrono::duration<double> ahead) const noexcept;
    /// Mean error of the forecasts over mean error of "same as now"; 1 when there is nothing to compare.
    [[nodiscard]] double mase() const noexcept;

private:
    struct Errors {
        double forecast = 0;
        double naive = 0;
    };

    double level_ = 0;
    double slope_ = 0; ///< a second
    double last_ = 0;
    Clock::steady_time time_{};
    std::size_t values_ = 0;
    std::deque<Errors> forecasts_{};
    Errors sum_{};
};

} // namespace streaming
