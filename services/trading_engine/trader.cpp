#include "services/trading_engine/trader.hpp"

#include "core/streaming/patterns/config_error.hpp"

namespace services::trading_engine {

streaming::Result<trading::Fill> PaperTrader::execute(const trading::Order& order) {
    return trading::Fill{.order = order};
}

std::unique_ptr<Trader> make_trader(std::string_view name) {
    if (name == "paper") {
        return std::make_unique<PaperTrader>();
    }
    throw streaming::ConfigError({"flag --trader: '" + std::string(name) + "' must be paper"});
}

} // namespace services::trading_engine
