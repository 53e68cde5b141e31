#include "services/trading_engine/trading_engine.hpp"

#include "services/trading_engine/trading_engine_service.hpp"

namespace services::trading_engine {

std::vector<streaming::ServiceFlag> flags() {
    return {
        {.name = "market-hours", .help = "when orders are placed: always_open, NSE or NYSE", .fallback = "always_open"},
        {.name = "trader", .help = "who places them: paper", .fallback = "paper"},
        {.name = "routes",
         .help = "strategy=namespace[+namespace...],...; others: the service's namespace",
         .fallback = ""}};
}

void wire(streaming::StreamServiceBuilder& service) {
    const streaming::Settings& settings = service.settings();
    const std::string group = settings.group_id_prefix + ".trading_engine.";
    auto engine = std::make_shared<TradingEngineService>(
        TradingEngineService::Parts{.trader = make_trader(settings.flag("trader")),
                                    .router = ExecutionRouter::parse(settings.flag("routes"), settings.name_space),
                                    .market_hours = MarketHours::named(settings.flag("market-hours"))});
    service
        .add_consumer_handler<Tick>({.topics = {std::string(streaming::TopicNames::market_ticks)},
                                     .group_id = group + "ticks",
                                     .broadcast = true}, // every instance needs every price
                                    [engine](const Tick& tick, streaming::Context&) { engine->on_tick(tick); })
        .add_consumer_handler<Signal>(
            {.topics = {streaming::TopicNames::signals_validated(settings.name_space)}, .group_id = group + "signals"},
            [engine](const Signal& signal, streaming::Context& context) { engine->on_signal(signal, context); });
}

} // namespace services::trading_engine
