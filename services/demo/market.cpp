#include "services/demo/market.hpp"

#include <array>
#include <cstdint>

#include "core/streaming/patterns/run_service.hpp"
#include "services/trading/events.hpp"

namespace services::demo {
namespace {

constexpr std::array<std::int64_t, 4> kInstruments{256265, 408065, 738561, 341249};
constexpr std::array kStrategies{"momentum", "mean_reversion", "pairs"};

std::string envelope(std::string_view type, const nlohmann::json& data) {
    return streaming::EventEnvelope{.id = streaming::to_string(streaming::make_uuid_v7()),
                                    .type = std::string(type),
                                    .timestamp = std::chrono::system_clock::now(),
                                    .source = "demo_feeder",
                                    .data = data.dump()}
        .to_json();
}

} // namespace

Market::Letter Market::next_tick() {
    const std::size_t n = ticks_++;
    const std::int64_t token = kInstruments[n % kInstruments.size()];
    nlohmann::json tick = trading::Tick{.instrument_token = token, .last_price = data_.price(n / kInstruments.size())};
    if (n % 400 == 123) {
        tick["last_price"] = "n/a";
    }
    Letter letter{.key = std::to_string(token), .payload = envelope(streaming::EventType::market_tick, tick)};
    if (n % 400 == 321) {
        letter.payload.resize(letter.payload.size() / 2); // cut on the way
    }
    return letter;
}

Market::Letter Market::next_signal() {
    const std::size_t n = signals_++;
    if (n % 20 == 7) {
        return last_signal_; // delivered twice, under one id
    }
    const std::int64_t token = kInstruments[n % kInstruments.size()];
    nlohmann::json signal =
        trading::GeneratedSignal{.original_signal = {.signal_id = streaming::to_string(streaming::make_uuid_v7()),
                                                     .strategy_id = kStrategies[n % kStrategies.size()],
                                                     .instrument_token = token,
                                                     .side = n % 2 == 0 ? "buy" : "sell",
                                                     .quantity = static_cast<std::int64_t>(1 + n % 50)}};
    if (n % 50 == 13) {
        signal["original_signal"]["side"] = "hold";
    } else if (n % 50 == 33) {
        signal["original_signal"]["quantity"] = "ten";
    }
    const std::string_view type =
        n % 25 == 21 ? "signal.withdrawn" : streaming::EventType::signal_generated; // a type nobody declared
    Letter letter{.key = std::to_string(token), .payload = envelope(type, signal)};
    if (n % 50 == 43) {
        letter.payload.resize(letter.payload.size() / 2);
        return letter;
    }
    return last_signal_ = letter;
}

} // namespace services::demo
