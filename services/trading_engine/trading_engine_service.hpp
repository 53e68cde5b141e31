#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "core/streaming/patterns/run_service.hpp"
#include "services/trading/events.hpp"
#include "services/trading/price_book.hpp"
#include "services/trading_engine/execution_router.hpp"
#include "services/trading_engine/market_hours.hpp"

namespace services::trading_engine {

/// Makes orders of signals: one for each signal and target namespace, at the last price that was seen. A signal that
/// cannot become one now (market closed, no fresh price) is rejected, with the reason.
/// Thread-safe: ticks and signals come from different flows.
class TradingEngineService {
public:
    struct Parts {
        ExecutionRouter router;
        MarketHours market_hours = MarketHours::named("always_open");
        std::chrono::seconds max_price_age{60};
        std::string name_space{"paper"}; ///< where rejected signals go
        std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
    };
    explicit TradingEngineService(Parts parts) : parts_(std::move(parts)) {}

    /// Throws PermanentError, naming the field, when the price is none.
    void on_tick(const trading::Tick& tick, streaming::Context& context);
    /// Sends the orders or the rejection. Throws PermanentError, naming the field, when the signal is none.
    void on_signal(const trading::Signal& signal, streaming::Context& context);

private:
    void warn_of_unknown_holidays(std::chrono::system_clock::time_point now, streaming::Context& context);

    Parts parts_;
    trading::PriceBook prices_{};
    std::once_flag warned_{};
};

} // namespace services::trading_engine
