#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace services::ingest {

// The binary ticker of Kite Connect: https://kite.trade/docs/connect/v3/websocket/ (message structure). Sizes, places
// and divisors are those of its own client, kiteconnect/ticker.py of zerodha/pykiteconnect.

/// A part of a message.
struct KitePacket {
    std::string_view bytes{};
    std::string problem{}; ///< not empty: why it is no packet
};

/// The packets of a message: a count, then each with its length in front; or one packet without both. What cannot be a
/// packet is one with a problem: no byte of a message is lost. A message of up to four bytes is a heartbeat and has
/// none. Views into the message.
[[nodiscard]] std::vector<KitePacket> kite_packets(std::string_view message);

/// What one packet says, named as in Kite's own JSON; `event_time` (of the exchange) and `last_trade_time` are RFC 3339
/// in UTC, absent when there is none. Throws std::invalid_argument, naming the member, when that is implausible: an
/// unknown segment, whose divisor of prices is not known either; a negative price elsewhere than at MCX; a time before
/// 2000.
[[nodiscard]] nlohmann::json kite_tick(std::string_view packet);

} // namespace services::ingest
