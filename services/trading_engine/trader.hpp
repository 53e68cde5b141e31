#pragma once

#include <memory>
#include <string_view>

#include "core/streaming/infrastructure/result.hpp"
#include "services/trading/events.hpp"

namespace services::trading_engine {

/// Carries orders out with a broker. A port; thread-safe; may block for some seconds.
/// An order may come twice (after a crash). It is identified by its signal and namespace: executing it again must do
/// nothing and answer as the first time. An Error that is not retryable is the broker's refusal.
class Trader {
public:
    virtual ~Trader() = default;
    [[nodiscard]] virtual streaming::Result<trading::Fill> execute(const trading::Order& order) = 0;
};

/// Fills every order, whole, at its own price. Keeps nothing, so it cannot forget.
class PaperTrader final : public Trader {
public:
    [[nodiscard]] streaming::Result<trading::Fill> execute(const trading::Order& order) override;
};

/// "paper". Throws ConfigError, listing what there is, for any other name.
[[nodiscard]] std::unique_ptr<Trader> make_trader(std::string_view name);

} // namespace services::trading_engine
