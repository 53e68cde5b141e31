#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace services::trading_engine {

/// The last price of every instrument. Thread-safe: one flow writes, another reads.
class PriceBook {
public:
    void update(std::int64_t instrument_token, double price) {
        const std::lock_guard lock(prices_mutex_);
        prices_[instrument_token] = price;
    }
    [[nodiscard]] std::optional<double> last(std::int64_t instrument_token) const {
        const std::lock_guard lock(prices_mutex_);
        const auto found = prices_.find(instrument_token);
        return found == prices_.end() ? std::nullopt : std::optional(found->second);
    }

private:
    mutable std::mutex prices_mutex_{};
    std::unordered_map<std::int64_t, double> prices_{};
};

} // namespace services::trading_engine
