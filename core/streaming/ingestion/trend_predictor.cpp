#include "core/streaming/ingestion/trend_predictor.hpp"

#include <cmath>

namespace streaming {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kLevelGain = 0.5; // usual middle values; the comparison decides whether they fit
constexpr double kSlopeGain = 0.2;

} // namespace

void TrendPredictor::add(double value, Clock::steady_time time) {
    const double passed = Seconds(time - time_).count();
    if (values_ > 0 && passed <= 0) {
        return;
    }
    if (values_ == 0) {
        level_ = value;
    } else {
        const double forecast = level_ + slope_ * passed;
        if (values_ > 1) {
            const Errors errors{std::abs(value - forecast), std::abs(value - last_)};
            forecasts_.push_back(errors);
            sum_.forecast += errors.forecast;
            sum_.naive += errors.naive;
        }
        if (forecasts_.size() > kComparisons) {
            sum_.forecast -= forecasts_.front().forecast;
            sum_.naive -= forecasts_.front().naive;
            forecasts_.pop_front();
        }
        const double level = forecast + kLevelGain * (value - forecast);
        slope_ += kSlopeGain * ((level - level_) / passed - slope_);
        level_ = level;
    }
    last_ = value;
    time_ = time;
    ++values_;
}

double TrendPredictor::mase() const noexcept { return sum_.naive > 1e-9 ? sum_.forecast / sum_.naive : 1.0; }

double TrendPredictor::growth(Seconds ahead) const noexcept { return on() ? slope_ * ahead.count() : 0.0; }

} // namespace streaming
