#include "services/trading_engine/events.hpp"

#include <stdexcept>

#include "core/streaming/infrastructure/permanent_error.hpp"

namespace services::trading_engine {
namespace {

/// nlohmann would cut 1.5 to 1: another instrument, another quantity.
std::int64_t whole_number(const nlohmann::json& from, const char* field) {
    const nlohmann::json& value = from.at(field);
    if (!value.is_number_integer()) {
        throw std::invalid_argument(value.dump() + " must be a whole number");
    }
    return value.get<std::int64_t>();
}

} // namespace

void to_json(nlohmann::json& into, const Tick& tick) {
    into = {{"instrument_token", tick.instrument_token}, {"last_price", tick.last_price}};
}

void from_json(const nlohmann::json& from, Tick& tick) {
    tick.instrument_token = whole_number(from, "instrument_token");
    from.at("last_price").get_to(tick.last_price);
}

void to_json(nlohmann::json& into, const OriginalSignal& signal) {
    into = {{"signal_id", signal.signal_id},
            {"strategy_id", signal.strategy_id},
            {"instrument_token", signal.instrument_token},
            {"side", signal.side},
            {"quantity", signal.quantity}};
}

void from_json(const nlohmann::json& from, OriginalSignal& signal) {
    from.at("signal_id").get_to(signal.signal_id);
    from.at("strategy_id").get_to(signal.strategy_id);
    signal.instrument_token = whole_number(from, "instrument_token");
    from.at("side").get_to(signal.side);
    signal.quantity = whole_number(from, "quantity");
}

void to_json(nlohmann::json& into, const Order& order) {
    into = {{"signal_id", order.signal_id},
            {"strategy_id", order.strategy_id},
            {"namespace", order.name_space},
            {"instrument_token", order.instrument_token},
            {"side", order.side},
            {"quantity", order.quantity},
            {"price", order.price ? nlohmann::json(*order.price) : nlohmann::json()}};
}

void from_json(const nlohmann::json& from, Order& order) {
    from.at("signal_id").get_to(order.signal_id);
    from.at("strategy_id").get_to(order.strategy_id);
    from.at("namespace").get_to(order.name_space);
    order.instrument_token = whole_number(from, "instrument_token");
    from.at("side").get_to(order.side);
    order.quantity = whole_number(from, "quantity");
    if (const auto price = from.find("price"); price != from.end() && !price->is_null()) {
        order.price = price->get<double>();
    }
}

Order order_for(const OriginalSignal& signal) {
    if (signal.signal_id.empty()) {
        throw streaming::PermanentError("original_signal.signal_id: must not be empty", "InvalidSignal");
    }
    if (signal.side != "buy" && signal.side != "sell") {
        throw streaming::PermanentError("original_signal.side: '" + signal.side + "' must be buy or sell",
                                        "InvalidSignal");
    }
    if (signal.quantity < 1) {
        throw streaming::PermanentError(
            "original_signal.quantity: " + std::to_string(signal.quantity) + " must be above 0", "InvalidSignal");
    }
    return {.signal_id = signal.signal_id,
            .strategy_id = signal.strategy_id,
            .instrument_token = signal.instrument_token,
            .side = signal.side,
            .quantity = signal.quantity};
}

} // namespace services::trading_engine
