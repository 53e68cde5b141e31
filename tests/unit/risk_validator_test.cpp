#include "services/risk_validator/risk_validator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/service_harness.hpp"
#include "services/flags.hpp"
#include "services/risk_validator/risk_limits.hpp"

namespace services::risk_validator {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using trading::GeneratedSignal;
using trading::OriginalSignal;
using trading::PositionRecord;
using trading::RejectedSignal;
using trading::Rejection;
using trading::Tick;

OriginalSignal signal(const std::string& side, std::int64_t quantity) {
    return {.signal_id = "s", .strategy_id = "m", .instrument_token = 7, .side = side, .quantity = quantity};
}

/// What breaks, when instrument 7 costs 10 and `position` of it are there.
std::string broken(const RiskLimits& limits, const OriginalSignal& by, std::int64_t position = 0) {
    trading::PriceBook prices;
    const std::chrono::system_clock::time_point now{std::chrono::hours(1'000'000 / 3)};
    prices.update({.instrument_token = 7, .last_price = 10}, now);
    const auto why = limits.broken_by(by, {.prices = prices, .position = position, .now = now});
    return why ? why->reason + " " + why->value.dump() + " > " + why->allowed.dump() : "";
}

TEST(RiskLimits, WithoutLimitsEverythingIsAllowed) { EXPECT_EQ(broken({}, signal("buy", 1'000'000)), ""); }

TEST(RiskLimits, AllowTheirInstrumentsOnly) {
    EXPECT_EQ(broken({.instruments = {7, 8}}, signal("buy", 1)), "");
    EXPECT_EQ(broken({.instruments = {8, 9}}, signal("buy", 1)), "instrument_not_allowed 7 > [8,9]");
}

TEST(RiskLimits, LimitTheQuantityOfASignal) {
    EXPECT_EQ(broken({.max_quantity = 100}, signal("buy", 100)), "");
    EXPECT_EQ(broken({.max_quantity = 100}, signal("sell", 101)), "max_quantity 101 > 100");
}

TEST(RiskLimits, LimitThePositionOnBothSides) {
    EXPECT_EQ(broken({.max_position = 50}, signal("buy", 10), 40), "");
    EXPECT_EQ(broken({.max_position = 50}, signal("buy", 11), 40), "max_position 51 > 50");
    EXPECT_EQ(broken({.max_position = 50}, signal("sell", 11), -40), "max_position -51 > 50");
}

TEST(RiskLimits, NeverKeepAPositionFromGettingSmaller) {
    EXPECT_EQ(broken({.max_position = 50}, signal("sell", 10), 90), "");
    EXPECT_EQ(broken({.max_position = 50}, signal("sell", 190), 90), "max_position -100 > 50");
}

TEST(RiskLimits, DoNotWrapAround) {
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    EXPECT_THAT(broken({.max_position = 50}, signal("buy", kMost), 40), HasSubstr("max_position"));
    EXPECT_THAT(broken({.max_position = 50}, signal("sell", kMost), -40), HasSubstr("max_position"));
}

TEST(RiskLimits, LimitTheMoneyAtTheLastPrice) {
    EXPECT_EQ(broken({.max_notional = 1'000}, signal("buy", 100)), "");
    EXPECT_EQ(broken({.max_notional = 1'000}, signal("buy", 101)), "max_notional 1010.0 > 1000");
}

TEST(RiskLimits, LimitNoMoneyWithoutAFreshPrice) {
    const RiskLimits limits{.max_notional = 1'000};
    const auto why = limits.broken_by(signal("buy", 1), {.prices = trading::PriceBook()});
    EXPECT_EQ(why.value_or(Rejection{}).reason, "no_price");
}

constexpr auto kGenerated = "paper.signals.generated";
constexpr auto kValidated = "paper.signals.validated";
constexpr auto kRejected = "paper.signals.rejected";
constexpr auto kGroup = "tributary.risk_validator.signals";

streaming::Settings settings(std::map<std::string, std::string> flags = {}) {
    streaming::Settings settings{.flags = defaults(risk_validator::flags())};
    for (auto& [name, value] : flags) {
        settings.flags[name] = value;
    }
    return settings;
}

void deliver(streaming::ServiceHarness& service, const OriginalSignal& wanted) {
    service.deliver(kGenerated, "7", GeneratedSignal{wanted});
}

TEST(RiskValidator, LetsASignalThroughAsItCame) {
    streaming::ServiceHarness service(wire, settings());
    OriginalSignal wanted = signal("buy", 5);
    wanted.more = {{"confidence", 0.9}};
    deliver(service, wanted);
    service.drain();
    const auto sent = service.sent(kValidated);
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(sent[0].envelope.type, "signal.validated");
    EXPECT_EQ(sent[0].key, "7");
    EXPECT_EQ(json::parse(sent[0].envelope.data), json({{"original_signal", wanted}}));
    EXPECT_THAT(service.sent(kRejected), IsEmpty());
}

TEST(RiskValidator, SendsARejectedSignalWithLimitValueAndWhatIsAllowed) {
    streaming::ServiceHarness service(wire, settings({{"max-quantity", "4"}}));
    deliver(service, signal("buy", 5));
    service.drain();
    EXPECT_THAT(service.sent(kValidated), IsEmpty());
    const auto sent = service.sent(kRejected);
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(sent[0].envelope.type, "signal.rejected");
    EXPECT_EQ(sent[0].key, "7");
    EXPECT_EQ(json::parse(sent[0].envelope.data), json({{"original_signal", signal("buy", 5)},
                                                        {"reason", "max_quantity"},
                                                        {"value", 5},
                                                        {"allowed", 4},
                                                        {"rejected_by", "risk_validator"}}));
    EXPECT_EQ(service.counts(kGroup).ignored_by_reason.at("max_quantity"), 1U);
}

TEST(RiskValidator, KnowsThePositionsOfBeforeItsStart) {
    streaming::ServiceHarness service(wire, settings({{"max-position", "50"}}));
    deliver(service, signal("buy", 11));
    service.deliver(
        "paper.positions", "7",
        PositionRecord{
            .fill = {{.signal_id = "f", .name_space = "paper", .instrument_token = 7}}, .position = 40, .fills = 1});
    service.drain();
    EXPECT_EQ(service.sent_as<RejectedSignal>(kRejected).at(0).rejection.value, 51);
}

TEST(RiskValidator, TakesThePriceOfTheLastMinute) {
    streaming::ServiceHarness service(wire, settings({{"max-notional", "1000"}}));
    service.deliver("market.ticks", "7", Tick{.instrument_token = 7, .last_price = 10});
    deliver(service, signal("buy", 100));
    service.drain();
    EXPECT_THAT(service.sent(kValidated), SizeIs(1));
    service.platform().clock().advance(std::chrono::seconds(60));
    deliver(service, signal("buy", 100));
    service.drain();
    EXPECT_EQ(service.sent_as<RejectedSignal>(kRejected).at(0).rejection.reason, "stale_price");
}

TEST(RiskValidator, DeadLettersASignalThatIsNone) {
    streaming::ServiceHarness service(wire, settings());
    deliver(service, signal("hold", 1));
    service.drain();
    EXPECT_EQ(service.dead_letters(kGenerated, kGroup).at(0).header("tributary-error-message"),
              "original_signal.side: 'hold' must be buy or sell");
}

TEST(RiskValidator, RefusesLimitsThatAreNone) {
    for (const auto& [name, value] : std::map<std::string, std::string>{{"max-quantity", "-1"},
                                                                        {"max-position", "many"},
                                                                        {"max-notional", "1.5"},
                                                                        {"instruments", "7,x"},
                                                                        {"max-price-age-seconds", "0"}}) {
        streaming::ServiceHarness service(wire, settings({{name, value}}));
        EXPECT_THROW(service.start(), streaming::ConfigError) << name;
    }
}

} // namespace
} // namespace services::risk_validator
