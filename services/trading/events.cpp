#include "services/trading/events.hpp"

#include <stdexcept>

#include "core/streaming/infrastructure/permanent_error.hpp"

namespace services::trading {
namespace {

/// nlohmann would cut 1.5 to 1: another instrument, another quantity.
std::int64_t whole_number(const nlohmann::json& from, const char* field) {
    const nlohmann::json& value = from.at(field);
    if (!value.is_number_integer()) {
        throw std::invalid_argument(value.dump() + " must be a whole number");
    }
    return value.get<std::int64_t>();
}

void check_order_fields(const std::string& where, const char* error_class, const std::string& signal_id,
                        const std::string& side, std::int64_t quantity) {
    using streaming::PermanentError;
    if (signal_id.empty()) {
        throw PermanentError(where + "signal_id: must not be empty", error_class);
    }
    if (side != "buy" && side != "sell") {
        throw PermanentError(where + "side: '" + side + "' must be buy or sell", error_class);
    }
    if (quantity < 1) {
        throw PermanentError(where + "quantity: " + std::to_string(quantity) + " must be above 0", error_class);
    }
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
    into = signal.more;
    into["signal_id"] = signal.signal_id;
    into["strategy_id"] = signal.strategy_id;
    into["instrument_token"] = signal.instrument_token;
    into["side"] = signal.side;
    into["quantity"] = signal.quantity;
}

void from_json(const nlohmann::json& from, OriginalSignal& signal) {
    from.at("signal_id").get_to(signal.signal_id);
    from.at("strategy_id").get_to(signal.strategy_id);
    signal.instrument_token = whole_number(from, "instrument_token");
    from.at("side").get_to(signal.side);
    signal.quantity = whole_number(from, "quantity");
    signal.more = from;
    for (const char* ours : {"signal_id", "strategy_id", "instrument_token", "side", "quantity"}) {
        signal.more.erase(ours);
    }
}

void to_json(nlohmann::json& into, const RejectedSignal& signal) {
    into = {{"original_signal", signal.original_signal},
            {"reason", signal.rejection.reason},
            {"value", signal.rejection.value},
            {"allowed", signal.rejection.allowed},
            {"rejected_by", signal.rejected_by}};
}

void from_json(const nlohmann::json& from, RejectedSignal& signal) {
    from.at("original_signal").get_to(signal.original_signal);
    from.at("reason").get_to(signal.rejection.reason);
    signal.rejection.value = from.at("value");
    signal.rejection.allowed = from.at("allowed");
    from.at("rejected_by").get_to(signal.rejected_by);
}

void to_json(nlohmann::json& into, const Order& order) {
    into = {{"signal_id", order.signal_id},
            {"strategy_id", order.strategy_id},
            {"namespace", order.name_space},
            {"instrument_token", order.instrument_token},
            {"side", order.side},
            {"quantity", order.quantity},
            {"price", order.price}};
}

void from_json(const nlohmann::json& from, Order& order) {
    from.at("signal_id").get_to(order.signal_id);
    from.at("strategy_id").get_to(order.strategy_id);
    from.at("namespace").get_to(order.name_space);
    order.instrument_token = whole_number(from, "instrument_token");
    from.at("side").get_to(order.side);
    order.quantity = whole_number(from, "quantity");
    from.at("price").get_to(order.price);
}

void to_json(nlohmann::json& into, const Fill& fill) { to_json(into, fill.order); }
void from_json(const nlohmann::json& from, Fill& fill) { from_json(from, fill.order); }

void to_json(nlohmann::json& into, const PositionRecord& record) {
    to_json(into, record.fill);
    into["position"] = record.position;
    into["fills"] = record.fills;
    into["applied"] = record.applied;
}

void from_json(const nlohmann::json& from, PositionRecord& record) {
    from_json(from, record.fill);
    record.position = whole_number(from, "position");
    record.fills = whole_number(from, "fills");
    from.at("applied").get_to(record.applied);
}

void check(const Tick& tick) {
    if (!(tick.last_price > 0)) {
        throw streaming::PermanentError("last_price: " + nlohmann::json(tick.last_price).dump() + " must be above 0",
                                        "InvalidTick");
    }
}

void check(const OriginalSignal& signal) {
    check_order_fields("original_signal.", "InvalidSignal", signal.signal_id, signal.side, signal.quantity);
}

void check(const Order& order) { check_order_fields("", "InvalidOrder", order.signal_id, order.side, order.quantity); }

std::int64_t signed_quantity(std::string_view side, std::int64_t quantity) {
    return side == "sell" ? -quantity : quantity;
}

} // namespace services::trading
