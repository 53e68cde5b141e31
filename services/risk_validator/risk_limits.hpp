#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>

#include "core/streaming/patterns/settings.hpp"
#include "services/trading/events.hpp"
#include "services/trading/price_book.hpp"

namespace services::risk_validator {

/// What a signal may be at most. 0, or an empty set, is no limit. Not changed after construction, then thread-safe.
struct RiskLimits {
    std::set<std::int64_t> instruments{};   ///< the only ones that are traded
    std::int64_t max_quantity = 0;          ///< of one signal
    std::int64_t max_position = 0;          ///< of an instrument after the signal, bought or sold
    std::int64_t max_notional = 0;          ///< quantity x last price; needs a fresh price
    std::chrono::seconds max_price_age{60}; ///< of that price

    /// As the flags of the service say. Throws ConfigError.
    [[nodiscard]] static RiskLimits read(const streaming::Settings& settings);

    struct Situation {
        const trading::PriceBook& prices;
        std::int64_t position = 0; ///< of the instrument, as its fills add up
        std::chrono::system_clock::time_point now{};
    };
    /// The first limit that the signal breaks. A signal that brings a position nearer to zero is never too large for
    /// `max_position`.
    [[nodiscard]] std::optional<trading::Rejection> broken_by(const trading::OriginalSignal& signal,
                                                              const Situation& situation) const;

private:
    [[nodiscard]] std::optional<trading::Rejection> check_notional(const trading::OriginalSignal& signal,
                                                                   const Situation& situation) const;
};

} // namespace services::risk_validator
