#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/event_types.hpp"

namespace services::trading {

/// The last price of an instrument.
struct Tick {
    static constexpr std::string_view event_type = streaming::EventType::market_tick;
    std::int64_t instrument_token = 0;
    double last_price = 0;
};

/// What a strategy wants, as it generated it.
struct OriginalSignal {
    std::string signal_id{};
    std::string strategy_id{};
    std::int64_t instrument_token = 0;
    std::string side{}; ///< buy or sell
    std::int64_t quantity = 0;
    nlohmann::json more = nlohmann::json::object(); ///< the fields we do not know, handed on as they came
};

void to_json(nlohmann::json& into, const OriginalSignal& signal);
void from_json(const nlohmann::json& from, OriginalSignal& signal);

/// A signal that nobody has looked at yet.
struct GeneratedSignal {
    static constexpr std::string_view event_type = streaming::EventType::signal_generated;
    OriginalSignal original_signal{};
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(GeneratedSignal, original_signal)
};

/// A signal that risk control let through.
struct Signal {
    static constexpr std::string_view event_type = streaming::EventType::signal_validated;
    OriginalSignal original_signal{};
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Signal, original_signal)
};

/// Why a signal becomes no order: what was looked at, what was found and what is allowed.
struct Rejection {
    std::string reason{}; ///< one of RejectionReason
    nlohmann::json value{};
    nlohmann::json allowed{};
};

struct RejectionReason {
    static constexpr std::string_view instrument_not_allowed = "instrument_not_allowed";
    static constexpr std::string_view max_quantity = "max_quantity";
    static constexpr std::string_view max_notional = "max_notional";
    static constexpr std::string_view max_position = "max_position";
    static constexpr std::string_view no_price = "no_price";
    static constexpr std::string_view stale_price = "stale_price";
    static constexpr std::string_view market_closed = "market_closed";
    static constexpr std::string_view all[] = {
        instrument_not_allowed, max_quantity, max_notional, max_position, no_price, stale_price, market_closed};
};

struct RejectedSignal {
    static constexpr std::string_view event_type = streaming::EventType::signal_rejected;
    OriginalSignal original_signal{};
    Rejection rejection{};     ///< its fields stand beside original_signal
    std::string rejected_by{}; ///< the service
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
    double price = 0;
};

/// An order that was carried out, whole, at `order.price`. In JSON the fields of the order.
struct Fill {
    static constexpr std::string_view event_type = streaming::EventType::order_filled;
    Order order{};
};

/// Where a record stands in its topic.
struct Place {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    friend bool operator==(const Place&, const Place&) = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Place, partition, offset)
};

/// What an instrument's fills add up to after the last of them. In JSON the fill's fields and these.
struct PositionRecord {
    static constexpr std::string_view event_type = streaming::EventType::order_filled;
    Fill fill{};               ///< the last one
    std::int64_t position = 0; ///< bought less sold
    std::int64_t fills = 0;    ///< how many made it
    Place applied{};           ///< of the last one, on the topic of fills
};

void to_json(nlohmann::json& into, const Tick& tick);
void from_json(const nlohmann::json& from, Tick& tick);
void to_json(nlohmann::json& into, const RejectedSignal& signal);
void from_json(const nlohmann::json& from, RejectedSignal& signal);
void to_json(nlohmann::json& into, const Order& order);
void from_json(const nlohmann::json& from, Order& order);
void to_json(nlohmann::json& into, const Fill& fill);
void from_json(const nlohmann::json& from, Fill& fill);
void to_json(nlohmann::json& into, const PositionRecord& record);
void from_json(const nlohmann::json& from, PositionRecord& record);

/// These throw PermanentError, naming the field, when it makes no sense: a price that is none (InvalidTick), an empty
/// id, another side than buy or sell, a quantity below 1 (InvalidSignal, InvalidOrder).
void check(const Tick& tick);
void check(const OriginalSignal& signal);
void check(const Order& order);

/// Quantity with the sign of the side: what it adds to a position.
[[nodiscard]] std::int64_t signed_quantity(std::string_view side, std::int64_t quantity);

} // namespace services::trading
