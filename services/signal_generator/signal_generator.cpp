#include "services/signal_generator/signal_generator.hpp"

#include <array>

#include "services/flags.hpp"
#include "services/signal_generator/crossover.hpp"
#include "services/trading/topics.hpp"

namespace services::signal_generator {
namespace {

using streaming::TopicNames;

Crossover::Options windows(const streaming::Settings& settings) {
    const long fast = whole_number(settings, "fast-window", 1, 9'999);
    const long slow = whole_number(settings, "slow-window", 2, 10'000);
    if (slow <= fast) {
        refuse_flag("slow-window", settings.flag("slow-window"), "above --fast-window, " + std::to_string(fast));
    }
    return {.fast = static_cast<std::size_t>(fast), .slow = static_cast<std::size_t>(slow)};
}

/// The same tick and strategy make the same signal, however often.
std::string signal_id(const streaming::Message& tick, const std::string& strategy) {
    const std::array<std::string_view, 2> origin{tick.id(), strategy};
    return streaming::to_string(streaming::derive_uuid_v8(tick.timestamp(), origin, 0));
}

} // namespace

std::vector<streaming::ServiceFlag> flags() {
    return {{.name = "strategy", .help = "strategy_id of its signals", .fallback = "moving_average"},
            {.name = "fast-window", .help = "ticks of the fast moving average", .fallback = "5"},
            {.name = "slow-window", .help = "ticks of the slow one, above the fast one's", .fallback = "20"},
            {.name = "quantity", .help = "quantity of its signals", .fallback = "1"}};
}

void wire(streaming::StreamServiceBuilder& service) {
    const streaming::Settings& settings = service.settings();
    const std::string signals = TopicNames::signals_generated(settings.name_space);
    auto crossover = std::make_shared<Crossover>(windows(settings));
    service.add_topic(trading::tick_topic())
        .add_topic(trading::stream_topic(signals))
        .add_consumer_handler<trading::Tick>(
            {.topics = {std::string(TopicNames::market_ticks)},
             .group_id = settings.group_id_prefix + ".signal_generator.ticks"},
            [crossover, signals, strategy = settings.flag("strategy"),
             quantity = whole_number(settings, "quantity", 1, 1'000'000'000)](const trading::Tick& tick,
                                                                              streaming::Context& context) {
                const streaming::Message& message = context.message();
                check(tick);
                const auto side =
                    crossover->on_tick(tick, {message.partition(), message.offset()}, message.timestamp());
                if (side) {
                    context.send(signals, std::to_string(tick.instrument_token),
                                 trading::GeneratedSignal{.original_signal = {.signal_id = signal_id(message, strategy),
                                                                              .strategy_id = strategy,
                                                                              .instrument_token = tick.instrument_token,
                                                                              .side = std::string(*side),
                                                                              .quantity = quantity}});
                }
            });
}

} // namespace services::signal_generator
