#include "services/risk_validator/risk_validator.hpp"

#include "services/flags.hpp"
#include "services/risk_validator/risk_limits.hpp"
#include "services/trading/position_book.hpp"
#include "services/trading/rejecting.hpp"
#include "services/trading/topics.hpp"

namespace services::risk_validator {
namespace {

using streaming::Context;
using streaming::TopicNames;

struct Desk {
    RiskLimits limits;
    std::string name_space;
    streaming::Clock& clock;
    trading::PriceBook prices{};
    trading::PositionBook positions{};

    void on_signal(const trading::GeneratedSignal& generated, Context& context) {
        const trading::OriginalSignal& signal = generated.original_signal;
        check(signal);
        auto why = limits.broken_by(signal, {.prices = prices,
                                             .position = positions.position(name_space, signal.instrument_token),
                                             .now = clock.system_now()});
        if (why) {
            reject(context, name_space, "risk_validator", signal, std::move(*why));
        } else {
            context.send(TopicNames::signals_validated(name_space), std::to_string(signal.instrument_token),
                         trading::Signal{.original_signal = signal});
        }
    }
};

} // namespace

std::vector<streaming::ServiceFlag> flags() {
    return {{.name = "instruments", .help = "the only ones that are traded: token,...; empty = all", .fallback = ""},
            {.name = "max-quantity", .help = "of one signal; 0 = no limit", .fallback = "10000"},
            {.name = "max-position", .help = "of an instrument, bought or sold; 0 = no limit", .fallback = "0"},
            {.name = "max-notional", .help = "quantity x last price; 0 = no limit", .fallback = "0"},
            {.name = "max-price-age-seconds", .help = "of the last price for --max-notional", .fallback = "60"}};
}

void wire(streaming::StreamServiceBuilder& service) {
    const streaming::Settings& settings = service.settings();
    const std::string group = settings.group_id_prefix + ".risk_validator.";
    const std::string ticks(TopicNames::market_ticks);
    const std::string signals = TopicNames::signals_generated(settings.name_space);
    auto desk = std::make_shared<Desk>(RiskLimits::read(settings), settings.name_space, service.clock());
    service.add_topic(trading::tick_topic())
        .add_topic(trading::position_topic(settings.name_space))
        .add_topic(trading::stream_topic(signals))
        .add_topic(trading::stream_topic(TopicNames::signals_validated(settings.name_space)))
        .add_topic(trading::stream_topic(TopicNames::signals_rejected(settings.name_space)))
        .add_consumer_handler<trading::Tick>(trading::whole_topics({ticks}, group + "ticks"),
                                             [desk](const trading::Tick& tick, Context& context) {
                                                 desk->prices.update(tick, context.message().timestamp());
                                             })
        .add_consumer_handler<trading::PositionRecord>(
            trading::whole_topics({TopicNames::positions(settings.name_space)}, group + "positions"),
            [desk](const trading::PositionRecord& record, Context&) { (void)desk->positions.learn(record); })
        .add_consumer_handler<trading::GeneratedSignal>(
            {.topics = {signals}, .group_id = group + "signals"},
            [desk](const trading::GeneratedSignal& signal, Context& context) { desk->on_signal(signal, context); });
}

} // namespace services::risk_validator
