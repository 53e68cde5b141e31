#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <variant>

#include "services/trading/events.hpp"

namespace services::trading {

/// The last price of every instrument and when it was put on its topic. Thread-safe: one flow writes, others read.
class PriceBook {
public:
    using Time = std::chrono::system_clock::time_point;

    /// Throws PermanentError when the tick has no price.
    void update(const Tick& tick, Time time);

    /// The last price, or why it may not be used: no_price, or stale_price when it is `max_age` old or older. A tick's
    /// age counts from the time of its record, so that a tick that is read late, after a restart, is as old as it is.
    [[nodiscard]] std::variant<double, Rejection> fresh_price(std::int64_t instrument_token, Time now,
                                                              std::chrono::seconds max_age) const;

private:
    struct Quote {
        double price = 0;
        Time time{};
    };
    mutable std::mutex quotes_mutex_{};
    std::unordered_map<std::int64_t, Quote> quotes_{};
};

} // namespace services::trading
