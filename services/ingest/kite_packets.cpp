#include "services/ingest/kite_packets.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;

constexpr std::size_t kLtp = 8;
constexpr std::size_t kIndexQuote = 28;
constexpr std::size_t kIndexFull = 32;
constexpr std::size_t kQuote = 44;
constexpr std::size_t kFull = 184;
constexpr std::array kSizes{kLtp, kIndexQuote, kIndexFull, kQuote, kFull};
constexpr std::size_t kLongestHeartbeat = 4;

bool is_size(std::size_t bytes) { return std::ranges::find(kSizes, bytes) != kSizes.end(); }

/// Big-endian.
std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (const char byte : bytes.substr(at, size)) {
        value = value << 8U | static_cast<unsigned char>(byte);
    }
    return value;
}

/// As a message is meant to be: false when it is something else from some place on.
bool split(std::string_view message, std::vector<KitePacket>& packets) {
    constexpr std::size_t kNumber = 2;
    const std::size_t count = number_at(message, 0, kNumber);
    std::string_view rest = message.substr(kNumber);
    bool good = true;
    for (std::size_t i = 1; i <= count; ++i) {
        const std::size_t length = rest.size() < kNumber ? 0 : number_at(rest, 0, kNumber);
        if (rest.size() < kNumber || rest.size() - kNumber < length) {
            packets.push_back({.bytes = rest,
                               .problem = fmt::format("packet {} of {}: the message ends within it, {} bytes are left",
                                                      i, count, rest.size())});
            return false;
        }
        packets.push_back({.bytes = rest.substr(kNumber, length)});
        if (!is_size(length)) {
            packets.back().problem = fmt::format("packet {} of {}: it has {} bytes, a packet has {}", i, count, length,
                                                 "8, 28, 32, 44 or 184");
            good = false;
        }
        rest.remove_prefix(kNumber + length);
    }
    if (!rest.empty()) {
        packets.push_back(
            {.bytes = rest, .problem = fmt::format("{} bytes are behind the last of {} packets", rest.size(), count)});
        return false;
    }
    return good;
}

enum Segment : std::uint32_t { kFirstSegment = 1, kCds = 3, kBcd = 6, kMcx = 7, kIndices = 9 };

/// Reads the members of one packet.
class Reader {
public:
    explicit Reader(std::string_view packet)
        : packet_(packet), token_(number_at(packet, 0, 4)), segment_(token_ & 0xFFU) {
        if (segment_ < kFirstSegment || segment_ > kIndices) {
            throw std::invalid_argument(
                fmt::format("instrument_token: segment {} of {} is not known, so how its prices are divided is not",
                            segment_, token_));
        }
    }
    [[nodiscard]] std::uint32_t token() const { return token_; }
    [[nodiscard]] bool tradable() const { return segment_ != kIndices; }
    [[nodiscard]] std::uint32_t count(std::size_t at, std::size_t size = 4) const {
        return number_at(packet_, at, size);
    }
    [[nodiscard]] double price(std::size_t at, const char* member) const {
        const auto value = static_cast<std::int32_t>(number_at(packet_, at, 4));
        const double divisor = segment_ == kCds ? 10'000'000 : segment_ == kBcd ? 10'000 : 100;
        if (value < 0 && segment_ != kMcx) { // crude oil was there once
            throw std::invalid_argument(fmt::format("{}: {} is negative", member, value / divisor));
        }
        return value / divisor;
    }
    /// Of the last trade: where nothing was ever traded it is 0, which is no price.
    [[nodiscard]] double last_price() const {
        const double value = price(4, "last_price");
        if (value == 0 && segment_ != kMcx) {
            throw std::invalid_argument("last_price: 0 is no price: nothing was traded");
        }
        return value;
    }
    void time(std::size_t at, const char* member, json& into) const {
        constexpr std::uint32_t kYear2000 = 946'684'800;
        const std::uint32_t seconds = count(at);
        if (seconds == 0) {
            return; // never traded
        }
        if (seconds < kYear2000) {
            throw std::invalid_argument(fmt::format("{}: {} is before 2000", member, seconds));
        }
        std::string text;
        streaming::append_rfc3339(text, std::chrono::sys_seconds(std::chrono::seconds(seconds)));
        into[member] = std::move(text);
    }

private:
    std::string_view packet_;
    std::uint32_t token_;
    std::uint32_t segment_;
};

void read_index(const Reader& reader, std::size_t size, json& tick) {
    tick["ohlc"] = {{"high", reader.price(8, "ohlc.high")},
                    {"low", reader.price(12, "ohlc.low")},
                    {"open", reader.price(16, "ohlc.open")},
                    {"close", reader.price(20, "ohlc.close")}};
    if (size == kIndexFull) {
        reader.time(28, "event_time", tick);
    }
}

void read_quote(const Reader& reader, json& tick) {
    tick["last_quantity"] = reader.count(8);
    tick["average_price"] = reader.price(12, "average_price");
    tick["volume"] = reader.count(16);
    tick["buy_quantity"] = reader.count(20);
    tick["sell_quantity"] = reader.count(24);
    tick["ohlc"] = {{"open", reader.price(28, "ohlc.open")},
                    {"high", reader.price(32, "ohlc.high")},
                    {"low", reader.price(36, "ohlc.low")},
                    {"close", reader.price(40, "ohlc.close")}};
}

void read_depth(const Reader& reader, json& tick) {
    reader.time(44, "last_trade_time", tick);
    tick["oi"] = reader.count(48);
    tick["oi_day_high"] = reader.count(52);
    tick["oi_day_low"] = reader.count(56);
    reader.time(60, "event_time", tick);
    json& depth = tick["depth"] = {{"buy", json::array()}, {"sell", json::array()}};
    constexpr std::size_t kLevel = 12;
    constexpr std::size_t kLevels = 5; // of each side
    for (std::size_t level = 0; level < 2 * kLevels; ++level) {
        const std::size_t at = 64 + level * kLevel;
        depth[level < kLevels ? "buy" : "sell"].push_back({{"quantity", reader.count(at)},
                                                           {"price", reader.price(at + 4, "depth.price")},
                                                           {"orders", reader.count(at + 8, 2)}});
    }
    const double bid = depth["buy"].at(0).at("price");
    const double ask = depth["sell"].at(0).at("price");
    if (ask != 0 && bid > ask) { // as while an auction collects orders; or one of the two is wrong
        tick["quality"] = {{"depth", "crossed"}};
    }
}

} // namespace

std::vector<KitePacket> kite_packets(std::string_view message) {
    std::vector<KitePacket> packets;
    if (message.size() <= kLongestHeartbeat) {
        return packets;
    }
    if (message.starts_with('{') && message.ends_with('}')) {
        packets.push_back({.bytes = message, .problem = "it is a text message, not one of packets"});
    } else if (!split(message, packets) && is_size(message.size())) {
        packets.assign(1, {.bytes = message});
    }
    return packets;
}

json kite_tick(std::string_view packet) {
    if (!is_size(packet.size())) {
        throw std::invalid_argument(
            fmt::format("it has {} bytes, a packet has {}", packet.size(), "8, 28, 32, 44 or 184"));
    }
    const Reader reader(packet);
    const bool full = packet.size() == kIndexFull || packet.size() == kFull;
    json tick{{"instrument_token", reader.token()},
              {"mode", packet.size() == kLtp ? "ltp"
                       : full                ? "full"
                                             : "quote"},
              {"tradable", reader.tradable()},
              {"last_price", reader.last_price()}};
    if (packet.size() == kIndexQuote || packet.size() == kIndexFull) {
        read_index(reader, packet.size(), tick);
    } else if (packet.size() > kLtp) {
        read_quote(reader, tick);
    }
    if (packet.size() == kFull) {
        read_depth(reader, tick);
    }
    return tick;
}

} // namespace services::ingest
