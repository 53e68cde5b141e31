#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/result.hpp"
#include "services/trading_engine/events.hpp"

namespace services::trading_engine {

/// What the broker said to an order it took.
struct Placement {
    std::string order_id{};        ///< the broker's
    std::optional<double> price{}; ///< at which it counts as placed
};

/// Places orders with a broker. A port; thread-safe.
/// A signal may be handled twice (after a crash): an order is identified by its signal and namespace, and placing it
/// again must answer as the first time and do nothing. An Error that is not retryable is the broker's refusal.
class Trader {
public:
    virtual ~Trader() = default;
    [[nodiscard]] virtual streaming::Result<Placement> place(const Order& order) = 0;
};

/// Takes every order and trades nothing.
class PaperTrader final : public Trader {
public:
    [[nodiscard]] streaming::Result<Placement> place(const Order& order) override;
};

/// "paper". Throws ConfigError, listing what there is, for any other name.
[[nodiscard]] std::unique_ptr<Trader> make_trader(std::string_view name);

} // namespace services::trading_engine
