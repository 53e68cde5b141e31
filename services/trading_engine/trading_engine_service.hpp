#pragma once

#include <chrono>
#include <functional>

#include "core/streaming/patterns/run_service.hpp"
#include "services/trading_engine/events.hpp"
#include "services/trading_engine/execution_router.hpp"
#include "services/trading_engine/market_hours.hpp"
#include "services/trading_engine/price_book.hpp"
#include "services/trading_engine/trader.hpp"

namespace services::trading_engine {

/// Makes orders of signals: one for each signal and target namespace, at the last price that was seen.
/// Thread-safe: ticks and signals come from different flows.
class TradingEngineService {
public:
    struct Parts {
        std::unique_ptr<Trader> trader{};
        ExecutionRouter router;
        MarketHours market_hours = MarketHours::named("always_open");
        std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
    };
    explicit TradingEngineService(Parts parts) : parts_(std::move(parts)) {}

    /// Throws PermanentError, naming the field, when the price is none.
    void on_tick(const Tick& tick);
    /// Sends the orders, or ignores the signal (market_closed). Throws PermanentError, naming the field, when it is no
    /// order, or when the broker refuses.
    void on_signal(const Signal& signal, streaming::Context& context);

private:
    Parts parts_;
    PriceBook prices_{};
};

} // namespace services::trading_engine
