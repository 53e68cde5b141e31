#include "services/trading_engine/trading_engine_service.hpp"

namespace services::trading_engine {

void TradingEngineService::on_tick(const Tick& tick) {
    if (!(tick.last_price > 0)) {
        throw streaming::PermanentError("last_price: " + nlohmann::json(tick.last_price).dump() + " must be above 0",
                                        "InvalidTick");
    }
    prices_.update(tick.instrument_token, tick.last_price);
}

void TradingEngineService::on_signal(const Signal& signal, streaming::Context& context) {
    Order order = order_for(signal.original_signal);
    if (!parts_.market_hours.is_open(parts_.now())) {
        context.ignore("market_closed");
        return;
    }
    for (const std::string& name_space : parts_.router.targets(order.strategy_id)) {
        order.name_space = name_space;
        order.price = prices_.last(order.instrument_token);
        const auto placed = parts_.trader->place(order);
        if (!placed && placed.error().retryable) {
            throw std::runtime_error(placed.error().message);
        }
        if (!placed) {
            throw streaming::PermanentError(placed.error().message, "OrderRefused");
        }
        order.price = placed.value().price;
        context.send(streaming::TopicNames::orders(name_space), std::to_string(order.instrument_token), order);
    }
}

} // namespace services::trading_engine
