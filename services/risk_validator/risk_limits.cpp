#include "services/risk_validator/risk_limits.hpp"

#include <cstdlib>
#include <limits>

#include "services/flags.hpp"

namespace services::risk_validator {
namespace {

using trading::Rejection;
using trading::RejectionReason;

constexpr long kMost = 1'000'000'000'000'000;

std::int64_t size_of(std::int64_t position) {
    return position == std::numeric_limits<std::int64_t>::min() ? std::numeric_limits<std::int64_t>::max()
                                                                : std::abs(position);
}

/// Saturated: a quantity that is absurd is over the limit, not around the corner.
std::int64_t position_after(const trading::OriginalSignal& signal, std::int64_t position) {
    std::int64_t after = 0;
    const std::int64_t change = trading::signed_quantity(signal.side, signal.quantity);
    if (__builtin_add_overflow(position, change, &after)) {
        return change > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
    }
    return after;
}

Rejection over(std::string_view limit, nlohmann::json value, nlohmann::json allowed) {
    return {.reason = std::string(limit), .value = std::move(value), .allowed = std::move(allowed)};
}

} // namespace

RiskLimits RiskLimits::read(const streaming::Settings& settings) {
    RiskLimits limits{
        .max_quantity = whole_number(settings, "max-quantity", 0, kMost),
        .max_position = whole_number(settings, "max-position", 0, kMost),
        .max_notional = whole_number(settings, "max-notional", 0, kMost),
        .max_price_age = std::chrono::seconds(whole_number(settings, "max-price-age-seconds", 1, 86'400))};
    for (const std::string& instrument : list_or_none(settings, "instruments")) {
        limits.instruments.insert(whole_number(instrument, "instruments", 0, kMost));
    }
    return limits;
}

std::optional<Rejection> RiskLimits::broken_by(const trading::OriginalSignal& signal,
                                               const Situation& situation) const {
    if (!instruments.empty() && !instruments.contains(signal.instrument_token)) {
        return over(RejectionReason::instrument_not_allowed, signal.instrument_token, instruments);
    }
    if (max_quantity > 0 && signal.quantity > max_quantity) {
        return over(RejectionReason::max_quantity, signal.quantity, max_quantity);
    }
    const std::int64_t after = position_after(signal, situation.position);
    if (max_position > 0 && size_of(after) > max_position && size_of(after) > size_of(situation.position)) {
        return over(RejectionReason::max_position, after, max_position);
    }
    return max_notional > 0 ? check_notional(signal, situation) : std::nullopt;
}

std::optional<Rejection> RiskLimits::check_notional(const trading::OriginalSignal& signal,
                                                    const Situation& situation) const {
    const auto price = situation.prices.fresh_price(signal.instrument_token, situation.now, max_price_age);
    if (const auto* const why = std::get_if<Rejection>(&price)) {
        return *why;
    }
    const double notional = static_cast<double>(signal.quantity) * std::get<double>(price);
    if (notional > static_cast<double>(max_notional)) {
        return over(RejectionReason::max_notional, notional, max_notional);
    }
    return std::nullopt;
}

} // namespace services::risk_validator
