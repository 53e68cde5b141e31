#include "services/trading_engine/trader.hpp"

#include "core/streaming/patterns/config_error.hpp"

namespace services::trading_engine {

streaming::Result<Placement> PaperTrader::place(const Order& order) {
    return Placement{.order_id = "paper-" + order.name_space + "-" + order.signal_id, .price = order.price};
}

std::unique_ptr<Trader> make_trader(std::string_view name) {
    if (name == "paper") {
        return std::make_unique<PaperTrader>();
    }
    throw streaming::ConfigError({"flag --trader: '" + std::string(name) + "' must be paper"});
}

} // namespace services::trading_engine
