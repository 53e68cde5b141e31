#include "services/trading_engine/trading_engine.hpp"

#include "services/flags.hpp"
#include "services/trading/topics.hpp"
#include "services/trading_engine/execution.hpp"
#include "services/trading_engine/trading_engine_service.hpp"

namespace services::trading_engine {

using streaming::TopicNames;

std::vector<streaming::ServiceFlag> flags() {
    return {
        {.name = "market-hours", .help = "when orders are placed: always_open, NSE or NYSE", .fallback = "always_open"},
        {.name = "closed-days", .help = "more days on which the exchange is closed: YYYY-MM-DD,...", .fallback = ""},
        {.name = "max-price-age-seconds", .help = "an older price makes no order", .fallback = "60"},
        {.name = "trader", .help = "who carries orders out: paper", .fallback = "paper"},
        {.name = "routes",
         .help = "strategy=namespace[+namespace...],...; others: the service's namespace",
         .fallback = ""}};
}

void wire(streaming::StreamServiceBuilder& service) {
    const streaming::Settings& settings = service.settings();
    const std::string group = settings.group_id_prefix + ".trading_engine.";
    const auto router = ExecutionRouter::parse(settings.flag("routes"), settings.name_space);
    const std::string ticks(TopicNames::market_ticks);
    const std::string signals = TopicNames::signals_validated(settings.name_space);
    auto engine = std::make_shared<TradingEngineService>(TradingEngineService::Parts{
        .router = router,
        .market_hours = MarketHours::named(settings.flag("market-hours"), list_or_none(settings, "closed-days")),
        .max_price_age = std::chrono::seconds(whole_number(settings, "max-price-age-seconds", 1, 86'400)),
        .name_space = settings.name_space,
        .now = [&clock = service.clock()] { return clock.system_now(); }});
    service.add_topic(trading::tick_topic())
        .add_topic(trading::stream_topic(signals))
        .add_topic(trading::stream_topic(TopicNames::signals_rejected(settings.name_space)))
        .add_consumer_handler<trading::Tick>(
            trading::whole_topics({ticks}, group + "ticks"),
            [engine](const trading::Tick& tick, streaming::Context& context) { engine->on_tick(tick, context); })
        .add_consumer_handler<trading::Signal>({.topics = {signals}, .group_id = group + "signals"},
                                               [engine](const trading::Signal& signal, streaming::Context& context) {
                                                   engine->on_signal(signal, context);
                                               });
    wire_execution(service, group, router.namespaces(), make_trader(settings.flag("trader")));
}

} // namespace services::trading_engine
