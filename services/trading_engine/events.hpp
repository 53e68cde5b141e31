#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/event_types.hpp"

namespace services::trading_engine {

/// The last price of an instrument.
struct Tick {
    static constexpr std::string_view event_type = streaming::EventType::market_tick;
    std::int64_t instrument_token = 0;
    double last_price = 0;
};

void to_json(nlohmann::json& into, const Tick& tick);
void from_json(const nlohmann::json& from, Tick& tick);

/// What a strategy wants, as it generated it.
struct OriginalSignal {
    std::string signal_id{};
    std::string strategy_id{};
    std::int64_t instrument_token = 0;
    std::string side{}; ///< buy or sell
    std::int64_t quantity = 0;
};

void to_json(nlohmann::json& into, const OriginalSignal& signal);
void from_json(const nlohmann::json& from, OriginalSignal& signal);

/// A signal that risk control let through.
struct Signal {
    static constexpr std::string_view event_type = streaming::EventType::signal_validated;
    OriginalSignal original_signal{};
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Signal, original_signal)
};

/// An order of one trading namespace.
struct Order {
    static constexpr std::string_view event_type = streaming::EventType::order_placed;
    std::string signal_id{};
    std::string strategy_id{};
    std::string name_space{};
    std::int64_t instrument_token = 0;
    std::string side{};
    std::int64_t quantity = 0;
    std::optional<double> price{}; ///< null in JSON while no tick of the instrument was seen
};

void to_json(nlohmann::json& into, const Order& order);
void from_json(const nlohmann::json& from, Order& order);

/// The order that a signal asks for, without namespace and price. Throws PermanentError (InvalidSignal), naming the
/// field, when it asks for none.
[[nodiscard]] Order order_for(const OriginalSignal& signal);

} // namespace services::trading_engine
