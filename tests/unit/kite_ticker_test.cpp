#include "services/ingest/kite_ticker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "services/ingest/kite_packets.hpp"
#include "services/ingest/source_types.hpp"
#include "tests/support/recordings.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace {

using namespace services::ingest;
using nlohmann::json;
using streaming::SourceRow;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Big-endian numbers one behind the other.
std::string packed(std::initializer_list<std::uint32_t> numbers) {
    std::string bytes;
    for (const std::uint32_t number : numbers) {
        for (const unsigned shift : {24U, 16U, 8U, 0U}) {
            bytes += static_cast<char>(number >> shift & 0xFFU);
        }
    }
    return bytes;
}

std::string short_number(std::size_t number) { return packed({static_cast<std::uint32_t>(number)}).substr(2); }

/// As it comes from the socket.
std::string framed(const std::vector<std::string>& packets) {
    std::string message = short_number(packets.size());
    for (const std::string& packet : packets) {
        message += short_number(packet.size()) + packet;
    }
    return message;
}

constexpr std::uint32_t kInfy = 408065;     // NSE
constexpr std::uint32_t kNifty = 256265;    // indices
constexpr std::uint32_t kUsdInr = 412675;   // CDS
constexpr std::uint32_t kTime = 1767225600; // 2026-01-01T00:00:00Z

const std::string kLtp = packed({kInfy, 157370});
const std::string kIndexFull = packed({kNifty, 1862355, 1867000, 1855000, 1860000, 1856275, 6080, kTime});
const std::string kIndexQuote = kIndexFull.substr(0, 28);
const std::string kQuote = packed({kInfy, 157315, 1, 157033, 1175986, 256511, 360503, 156915, 157500, 156105, 156780});

std::string full(std::uint32_t time = kTime, std::uint32_t volume = 1175986) {
    std::string packet =
        packed({kInfy, 157315, 1, 157033, volume, 256511, 360503, 156915, 157500, 156105, 156780, time, 1, 2, 3, time});
    for (std::uint32_t level = 1; level <= 10; ++level) {
        packet += packed({level * 10, 157300 + level, level << 16U});
    }
    return packet;
}

TEST(KitePackets, SayWhatTheirSizeHolds) {
    EXPECT_EQ(kite_tick(kLtp),
              json({{"instrument_token", kInfy}, {"mode", "ltp"}, {"tradable", true}, {"last_price", 1573.7}}));
    const json index = kite_tick(kIndexFull);
    EXPECT_EQ(index, json({{"instrument_token", kNifty},
                           {"mode", "full"},
                           {"tradable", false},
                           {"last_price", 18623.55},
                           {"ohlc", {{"open", 18600.0}, {"high", 18670.0}, {"low", 18550.0}, {"close", 18562.75}}},
                           {"event_time", "2026-01-01T00:00:00.000Z"}}));
    EXPECT_EQ(kite_tick(kIndexQuote).at("mode"), "quote");
    EXPECT_FALSE(kite_tick(kIndexQuote).contains("event_time"));
    EXPECT_EQ(kite_tick(kQuote).at("volume"), 1175986);
    const json tick = kite_tick(full());
    EXPECT_EQ(tick.at("oi_day_low"), 3);
    EXPECT_EQ(tick.at("depth").at("buy").at(0), json({{"price", 1573.01}, {"quantity", 10}, {"orders", 1}}));
    EXPECT_EQ(tick.at("depth").at("sell").at(4), json({{"price", 1573.1}, {"quantity", 100}, {"orders", 10}}));
}

TEST(KitePackets, DivideTheirPricesByTheSegment) {
    EXPECT_EQ(kite_tick(packed({kUsdInr, 829'125'000})).at("last_price"), 82.9125);
    EXPECT_EQ(kite_tick(packed({0x106, 829'125})).at("last_price"), 82.9125); // BCD
    EXPECT_EQ(kite_tick(packed({0x107, 0xFFFFFF9C})).at("last_price"), -1.0); // MCX
}

TEST(KitePackets, OfAMessageAreAllThere) {
    const std::string message = framed({kLtp, kQuote, kIndexQuote});
    const auto packets = kite_packets(message);
    ASSERT_THAT(packets, SizeIs(3));
    EXPECT_EQ(packets[0].bytes, kLtp);
    EXPECT_EQ(packets[1].bytes, kQuote);
    EXPECT_EQ(packets[2].bytes, kIndexQuote);
    for (const std::string& alone : {kLtp, kIndexQuote, kIndexFull, kQuote, full()}) {
        ASSERT_THAT(kite_packets(alone), SizeIs(1));
        EXPECT_EQ(kite_packets(alone)[0].bytes, alone) << "without a frame";
    }
    const std::string as_long_as_a_packet = framed({kIndexQuote});
    ASSERT_THAT(kite_packets(as_long_as_a_packet), SizeIs(1));
    EXPECT_EQ(kite_packets(as_long_as_a_packet)[0].bytes, kIndexQuote);
}

TEST(KitePackets, AHeartbeatHasNone) {
    for (const char* beat : {"", "\x01", "1234"}) {
        EXPECT_THAT(kite_packets(beat), IsEmpty());
    }
}

/// All of the problems of a message, in the order of its packets.
std::string problems(std::string_view message) {
    std::string all;
    for (const KitePacket& packet : kite_packets(message)) {
        all += packet.problem + ';';
    }
    return all;
}

TEST(KitePackets, WrongLengthsCostWhatTheyAreOfAndNoMore) {
    EXPECT_EQ(problems(framed({kLtp, kLtp + "x", kLtp})),
              ";packet 2 of 3: it has 9 bytes, a packet has 8, 28, 32, 44 or 184;;");
    const std::string message = framed({kLtp, kQuote});
    EXPECT_EQ(problems(message.substr(0, message.size() - 1)),
              ";packet 2 of 2: the message ends within it, 45 bytes are left;");
    EXPECT_EQ(problems(message + "more"), ";;4 bytes are behind the last of 2 packets;");
    EXPECT_EQ(problems(short_number(0) + "abc"), "3 bytes are behind the last of 0 packets;");
    EXPECT_EQ(problems(R"({"type":"order"})"), "it is a text message, not one of packets;");
    EXPECT_THAT(problems(short_number(65'535) + std::string(7, '\0')),
                HasSubstr("packet 4 of 65535: the message ends"));
}

TEST(KitePackets, WhatIsImplausibleIsNamed) {
    const auto why = [](const std::string& packet) -> std::string {
        try {
            return kite_tick(packet).dump();
        } catch (const std::invalid_argument& problem) {
            return problem.what();
        }
    };
    EXPECT_THAT(why(packed({0x0000000A, 1})), HasSubstr("instrument_token: segment 10 of 10 is not known"));
    EXPECT_EQ(why(packed({kInfy, 0xFFFFFF9C})), "last_price: -1 is negative");
    EXPECT_EQ(why(full(5)), "last_trade_time: 5 is before 2000");
    EXPECT_EQ(why("123"), "it has 3 bytes, a packet has 8, 28, 32, 44 or 184");
}

class KiteTicker : public SourceTypeFixture {
protected:
    KiteTicker() {
        add_source_types(types_);
        settings_.source_type = "kite_ticker";
    }
    std::vector<SourceRow> rows(const std::string& body, KiteTicks::Untimed untimed = KiteTicks::Untimed::by_place) {
        const KiteTicks ticks(untimed, {});
        return handle([&](const Response& answer, auto& context) { ticks.record_all(answer.body, context); },
                      {.body = body});
    }
    static json data(const SourceRow& row) { return json::parse(row.payload).at("data"); }
};

TEST_F(KiteTicker, MakesATickOfEachPacketAndRejectsTheRestAlone) {
    const auto all = rows(framed({kLtp, kLtp + "x", full()}));
    ASSERT_THAT(all, SizeIs(3));
    EXPECT_EQ(json::parse(all[0].payload).at("type"), "market.tick");
    EXPECT_EQ(all[0].key, "408065");
    EXPECT_THAT(all[1].rejected.value_or(""), HasSubstr("packet 2: packet 2 of 3: it has 9 bytes"));
    EXPECT_EQ(all[1].payload, kLtp + "x");
    EXPECT_EQ(data(all[2]).at("event_time"), "2026-01-01T00:00:00.000Z");
}

TEST_F(KiteTicker, TellsTicksWithATimeApartByTimeVolumeAndPrice) {
    const auto id = [this](const std::string& packet) { return rows(packet).at(0).id; };
    EXPECT_EQ(id(full()), rows(framed({kLtp, full()})).at(1).id) << "wherever it stands";
    EXPECT_NE(id(full()), id(full(kTime + 1)));
    EXPECT_NE(id(full()), id(full(kTime, 1175987)));
}

/// A price that comes back is no repetition.
TEST_F(KiteTicker, TellsTicksWithoutATimeApartByWhenTheyCame) {
    const auto twice = rows(framed({kLtp, kLtp}));
    ASSERT_THAT(twice, SizeIs(2));
    EXPECT_NE(twice[0].id, twice[1].id);
    EXPECT_EQ(rows(kLtp).at(0).id, rows(kLtp).at(0).id) << "a file that is read again";
    const auto pushed = [this] { return rows(kLtp, KiteTicks::Untimed::by_receipt).at(0).id; };
    const std::string first = pushed();
    clock_.advance(std::chrono::milliseconds(1));
    EXPECT_NE(first, pushed());
}

TEST_F(KiteTicker, ReadsMessagesInBase64LineByLine) {
    // {0006 3a01, 0002 66ba}: the last price of INFY; a heartbeat; nothing; a cut one.
    const auto all = rows("AAY6AQACZro=\r\nAA==\n\nAAY6AQACZr\nAAY=AQACZro=\nAAY6AQACZro=");
    ASSERT_THAT(all, SizeIs(4));
    EXPECT_EQ(data(all[0]).at("last_price"), 1573.7);
    EXPECT_EQ(all[1].rejected, "line 4, it is no Base64");
    EXPECT_EQ(all[2].rejected, "line 5, it is no Base64");
    EXPECT_NE(all[0].id, all[3].id);
}

TEST_F(KiteTicker, ABadLineCostsNoOther) {
    const std::string good = "AAY6AQACZro=";
    const std::string order = R"({"type":"order","data":{}})";
    const std::string zeros(3, '\0');
    for (const auto& [body, reason] :
         {std::pair("@@@@\n" + good + "\n" + good, "line 1, it is no Base64"),
          std::pair(good + "\n@@@@\n" + good, "line 2, it is no Base64"),
          std::pair(good + '\n' + order + "\r\n" + good, "line 2, packet 1: it is a text message, not one of packets"),
          std::pair(order + '\n' + order + '\n' + good + "\n\n" + good,
                    "line 1, packet 1: it is a text message, not one of packets"),
          std::pair(good + '\n' + zeros + "\n" + good, "line 2, it is no Base64"),
          std::pair("\xEF\xBB\xBF" + good + "\n \t \n" + good + " \n", "")}) {
        SCOPED_TRACE(body);
        std::vector<SourceRow> all = rows(body);
        const auto bad = std::ranges::find_if(all, [](const SourceRow& row) { return row.rejected.has_value(); });
        EXPECT_EQ(bad == all.end() ? "" : *bad->rejected, reason);
        std::erase_if(all, [](const SourceRow& row) { return row.rejected.has_value(); });
        EXPECT_THAT(all, SizeIs(2));
    }
}

TEST_F(KiteTicker, ATextMessageIsNoTick) {
    for (const char* body : {R"({"type":"order","data":{}})", "{\n  \"type\": \"error\",\n  \"data\": \"x\"\n}\n"}) {
        const auto all = rows(body);
        ASSERT_THAT(all, SizeIs(1)) << body;
        EXPECT_EQ(all[0].rejected, "packet 1: it is a text message, not one of packets");
    }
}

TEST_F(KiteTicker, NothingTradedIsNoPriceAndACrossedBookIsMarked) {
    EXPECT_EQ(rows(packed({kInfy, 0})).at(0).rejected, "packet 1: last_price: 0 is no price: nothing was traded");
    EXPECT_FALSE(data(rows(full()).at(0)).contains("quality"));
    std::string crossed = full();
    crossed.replace(68, 4, packed({999'999}));
    EXPECT_EQ(data(rows(crossed).at(0)).at("quality"), (json{{"depth", "crossed"}}));
    EXPECT_EQ(rows(crossed).at(0).id, rows(full()).at(0).id);
}

TEST_F(KiteTicker, RejectsTheFutureAndWhatIsOutsideItsSession) {
    EXPECT_THAT(rows(full(kTime + 3601)).at(0).rejected.value_or(""),
                HasSubstr("packet 1: event_time: 2026-01-01T01:00:01.000Z is more than 3600s from now"));
    auto parts = make({{"listen", "127.0.0.1:0"}, {"authentication", "none"}, {"session", {{"open", "09:15"}}}});
    EXPECT_THAT(handle(parts.handler, {.body = full()}).at(0).rejected.value_or(""),
                HasSubstr("is outside the session, thu 2026-01-01 05:30 there"));
}

TEST_F(KiteTicker, RefusesParametersThatMeanNothing) {
    EXPECT_THAT(problem({}), HasSubstr("custom_params.listen: (host:port where messages are POSTed to) or file"));
    for (const char* name : {"natural_key", "format"}) {
        EXPECT_THAT(problem({{"listen", "127.0.0.1:0"}, {"authentication", "none"}, {name, "csv"}}),
                    HasSubstr(std::string("custom_params.") + name + ": means nothing here"));
    }
    EXPECT_THAT(problem({{"file", "x"}, {"listen", "127.0.0.1:0"}}),
                HasSubstr("custom_params.listen: is not known here"));
    EXPECT_THAT(problem({{"listen", "nowhere"}}), HasSubstr("custom_params.listen: 'nowhere' is not host and port"));
}

/// The packet says what the JSON that was recorded with it says. `change` is made by the libraries, each in its way.
TEST_F(KiteTicker, SaysWhatTheRecordedJsonSays) {
    for (const std::string mode : {"full", "quote"}) {
        const std::string file = "kite/ticker_" + mode;
        TRIBUTARY_NEEDS_RECORDING(file + ".packet");
        const auto all = rows(recordings::read(file + ".packet"));
        ASSERT_THAT(all, SizeIs(1));
        json expected = json::parse(recordings::read(file + ".json"));
        expected.erase("change");
        for (const auto& [from, to] :
             {std::pair("timestamp", "event_time"), std::pair("last_trade_time", "last_trade_time")}) {
            if (expected.contains(from)) {
                EXPECT_EQ(expected.at(from), "2021-07-05T10:41:27+05:30");
                expected.erase(from);
                expected[to] = "2021-07-05T05:11:27.000Z";
            }
        }
        EXPECT_EQ(data(all[0]), expected);
    }
}

} // namespace
