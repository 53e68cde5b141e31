#include "core/streaming/reliability/context.hpp"

#include <gmock/gmock.h>

#include "core/streaming/infrastructure/event_id.hpp"
#include "core/streaming/reliability/correlation.hpp"
#include "tests/support/reliability_doubles.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;

struct Alert {
    static constexpr std::string_view event_type = "weather.alert";
    int level = 0;
};
void to_json(nlohmann::json& into, const Alert& alert) { into = {{"level", alert.level}}; }
[[maybe_unused]] void from_json(const nlohmann::json& from, Alert& alert) { from.at("level").get_to(alert.level); }

constexpr std::string_view kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct ContextTest : testing::Test {
    /// What a handler sends that gets this record and runs `send` three times.
    std::vector<nlohmann::json> sent_for(const ConsumedRecord& record, const EnvelopeView& read,
                                         const FlowIdentity& by) {
        OutputBuffer buffer;
        const Message message(record, read);
        Context context({by, buffer, ticket, *log, clock}, message, 1, {});
        for (int level = 1; level <= 3; ++level) {
            context.send("alerts", "key-" + std::to_string(level), Alert{level});
        }
        std::vector<nlohmann::json> envelopes;
        for (const OutgoingRecord& output : buffer.unsent()) {
            envelopes.push_back(nlohmann::json::parse(*output.payload));
        }
        return envelopes;
    }
    static std::vector<std::string> ids_of(const std::vector<nlohmann::json>& envelopes) {
        std::vector<std::string> ids;
        for (const auto& json : envelopes) {
            ids.push_back(json.at("id"));
        }
        return ids;
    }

    doubles::SteppedClock clock{};
    doubles::Ticket ticket{};
    std::shared_ptr<spdlog::logger> log = doubles::quiet_logger();
    FlowIdentity flow{.service = "weather", .flow = "alerts", .group = "weather.alerts"};
    doubles::OwnedRecord input{"{}"};
    EnvelopeView envelope{.id = "input-1", .type = "weather.observation", .correlation_id = "corr-1"};
    OutputBuffer outputs{};
};

TEST_F(ContextTest, PutsAnEventIntoAnEnvelope) {
    const Message message(input.get(), envelope);
    Context context({flow, outputs, ticket, *log, clock}, message, 2, {});
    context.send("alerts", "KSFO", Alert{4});
    ASSERT_EQ(outputs.unsent().size(), 1U);
    const OutgoingRecord& output = outputs.unsent()[0];
    EXPECT_EQ(output.topic, "alerts");
    EXPECT_EQ(output.key, "KSFO");
    EXPECT_EQ(output.ticket, &ticket);
    EXPECT_EQ(output.headers, nullptr);
    auto json = nlohmann::json::parse(*output.payload);
    EXPECT_TRUE(parse_uuid(json.at("id").get<std::string>()).has_value());
    json.erase("id");
    EXPECT_EQ(json, nlohmann::json({{"type", "weather.alert"},
                                    {"timestamp", "2026-01-31T12:34:56.789Z"},
                                    {"source", "weather"},
                                    {"correlation_id", "corr-1"},
                                    {"data", {{"level", 4}}}}));
    EXPECT_EQ(context.sent(), 1U);
}

TEST_F(ContextTest, IdsAreAFunctionOfTheInputTheGroupAndThePosition) {
    const auto ids = ids_of(sent_for(input.get(), envelope, flow));
    clock.advance(5s); // handled again later
    EXPECT_EQ(ids_of(sent_for(input.get(), envelope, flow)), ids);
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 3U);

    FlowIdentity other_flow = flow;
    other_flow.group = "other";
    EXPECT_THAT(ids_of(sent_for(input.get(), envelope, other_flow)),
                testing::Each(testing::Not(testing::AnyOfArray(ids))));
    EnvelopeView other_input = envelope;
    other_input.id = "input-2";
    EXPECT_THAT(ids_of(sent_for(input.get(), other_input, flow)),
                testing::Each(testing::Not(testing::AnyOfArray(ids))));
}

TEST_F(ContextTest, ARawMessageTakesAPositionToo) {
    const Message message(input.get(), envelope);
    Context context({flow, outputs, ticket, *log, clock}, message, 1, {});
    context.send(OutgoingMessage{.topic = "raw", .key = "k", .payload = "bytes \xFF"});
    context.send("alerts", "k", Alert{1});
    EXPECT_EQ(outputs.unsent()[0].payload, "bytes \xFF");
    EXPECT_EQ(nlohmann::json::parse(*outputs.unsent()[1].payload).at("id"),
              ids_of(sent_for(input.get(), envelope, flow))[1]);
}

TEST_F(ContextTest, TheIdOfTheInputCorrelatesWhenItHasNoCorrelationId) {
    envelope.correlation_id = {};
    EXPECT_EQ(sent_for(input.get(), envelope, flow)[0].at("correlation_id"), "input-1");
}

TEST_F(ContextTest, ContinuesTheTraceOfTheInput) {
    Headers headers;
    headers.append("traceparent", std::string(kTrace));
    headers.append("other", "not passed on");
    const doubles::OwnedRecord traced("{}", "k", headers);
    const Message message(traced.get(), envelope);
    Context context({flow, outputs, ticket, *log, clock}, message, 1, {});
    context.send("alerts", "k", Alert{1});
    ASSERT_NE(outputs.unsent()[0].headers, nullptr);
    EXPECT_EQ(outputs.unsent()[0].headers->size(), 1U);
    const std::string trace(outputs.unsent()[0].headers->find("traceparent").value());
    EXPECT_EQ(trace.substr(0, 36), kTrace.substr(0, 36));
    EXPECT_NE(trace, kTrace);
}

TEST_F(ContextTest, SendsATombstoneAsItIs) {
    const Message message(input.get(), envelope);
    Context context({flow, outputs, ticket, *log, clock}, message, 1, {});
    context.send_view({.topic = "compacted", .key = "gone"});
    EXPECT_FALSE(outputs.unsent()[0].payload.has_value());
}

TEST_F(ContextTest, ReadsTheClockAtTheFirstSendOnly) {
    const Message message(input.get(), envelope);
    Context context({flow, outputs, ticket, *log, clock}, message, 1, {});
    EXPECT_EQ(clock.system_reads, 0);
    context.send("alerts", "k", Alert{1});
    context.send("alerts", "k", Alert{2});
    EXPECT_EQ(clock.system_reads, 1);
}

TEST_F(ContextTest, RemembersWhyARecordIsIgnored) {
    const Message message(input.get(), envelope);
    Context context({flow, outputs, ticket, *log, clock}, message, 1, {});
    EXPECT_EQ(context.ignore_reason(), "");
    context.ignore("not ours");
    EXPECT_EQ(context.ignore_reason(), "not ours");
    context.ignore("");
    EXPECT_NE(context.ignore_reason(), ""); // an empty reason would mean that it is not ignored
}

} // namespace
} // namespace streaming
