#include "core/streaming/reliability/reliability_layer.hpp"

#include <gmock/gmock.h>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/reliability/correlation.hpp"
#include "tests/support/reliability_fixture.hpp"

namespace streaming {
namespace {

using doubles::OwnedRecord;
using doubles::text_of;
using testing::HasSubstr;
using Kind = Verdict::Kind;

struct Order {
    static constexpr std::string_view event_type = "order.placed";
    int quantity = 0;
};
void to_json(nlohmann::json& into, const Order& order) { into = {{"quantity", order.quantity}}; }
void from_json(const nlohmann::json& from, Order& order) { from.at("quantity").get_to(order.quantity); }

constexpr const char* kOrder = R"({"id":"o-1","type":"order.placed","correlation_id":"corr-1","data":{"quantity":3}})";

struct ReliabilityLayerTest : doubles::ReliabilityFixture {};

TEST_F(ReliabilityLayerTest, HandlesARecordAndKeepsWhatItSent) {
    on("order.placed",
       [](const Message& message, Context& context) { context.send("invoices", "k", message.as<Order>()); });
    take(kOrder);
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::handled);
    EXPECT_EQ(state.reason, "");
    EXPECT_EQ(state.failure, nullptr);
    EXPECT_THAT(topics(), testing::ElementsAre("invoices"));
}

TEST_F(ReliabilityLayerTest, OpensTheCorrelationScope) {
    std::string seen;
    on("order.placed", [&](const Message&, Context&) { seen = CorrelationScope::current(); });
    take(kOrder);
    (void)attempt();
    EXPECT_EQ(seen, "corr-1");
    take(R"({"id":"o-2","type":"order.placed"})");
    (void)attempt();
    EXPECT_EQ(seen, "o-2");
    EXPECT_EQ(CorrelationScope::current(), "");
}

TEST_F(ReliabilityLayerTest, ReadsNoClockForARecordThatSendsNothing) {
    on("order.placed", [](const Message&, Context&) {});
    take(kOrder);
    (void)attempt();
    EXPECT_EQ(clock.system_reads, 0);
}

TEST_F(ReliabilityLayerTest, DeadLettersAfterTheLastAttempt) {
    use({.max_attempts = 3, .first_delay = 100ms, .max_delay = 1s});
    std::vector<int> attempts;
    on("order.placed", [&](const Message&, Context& context) {
        attempts.push_back(context.attempt());
        throw std::runtime_error("no such account");
    });
    take(kOrder);
    const auto first = attempt();
    EXPECT_EQ(first.kind, Kind::retry);
    EXPECT_GE(first.retry_at, clock.now());
    EXPECT_LE(first.retry_at, clock.now() + 100ms);
    clock.advance(1s);
    EXPECT_EQ(attempt().kind, Kind::retry);
    EXPECT_TRUE(outputs.unsent().empty());
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_THAT(attempts, testing::ElementsAre(1, 2, 3));
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
    EXPECT_EQ(state.reason, "HandlerError");
    EXPECT_THAT(topics(), testing::ElementsAre(kDeadLetters));
    EXPECT_EQ(text_of(outputs.unsent()[0].payload), kOrder);
    EXPECT_EQ(dead_letter_header("error-message"), "no such account");
    EXPECT_EQ(dead_letter_header("attempts"), "3");
    EXPECT_EQ(dead_letter_header("handler"), "on_order");
    EXPECT_EQ(dead_letter_header("correlation-id"), "corr-1");
    EXPECT_EQ(dead_letter_header("first-failure"), "2026-01-31T12:34:56.789Z");
    EXPECT_EQ(dead_letter_header("last-failure"), "2026-01-31T12:34:57.789Z");
}

TEST_F(ReliabilityLayerTest, AFailedAttemptSendsNothingAndTheNextSendsTheSameIds) {
    bool fail = true;
    std::vector<std::string> ids;
    on("order.placed", [&](const Message&, Context& context) {
        context.send("invoices", "k", Order{1});
        context.send("invoices", "k", Order{2});
        for (const OutgoingRecord& output : outputs.unsent()) {
            ids.push_back(nlohmann::json::parse(*output.payload).at("id"));
        }
        if (fail) {
            throw std::runtime_error("later");
        }
    });
    take(kOrder);
    EXPECT_EQ(attempt().kind, Kind::retry);
    EXPECT_TRUE(outputs.unsent().empty());
    fail = false;
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(outputs.unsent().size(), 2U);
    ASSERT_EQ(ids.size(), 4U);
    EXPECT_NE(ids[0], ids[1]);
    EXPECT_EQ(ids[0], ids[2]);
    EXPECT_EQ(ids[1], ids[3]);
}

TEST_F(ReliabilityLayerTest, KeepsWhatOtherRecordsSentWhenOneFails) {
    on("order.placed", [](const Message& message, Context& context) {
        context.send("invoices", "k", message.as<Order>());
        if (message.as<Order>().quantity == 0) {
            throw PermanentError("nothing ordered");
        }
    });
    take(kOrder);
    (void)attempt();
    take(R"({"id":"o-2","type":"order.placed","data":{"quantity":0}})");
    (void)attempt();
    EXPECT_THAT(topics(), testing::ElementsAre("invoices", kDeadLetters));
}

TEST_F(ReliabilityLayerTest, PermanentErrorIsNotRetried) {
    on("order.placed", [](const Message&, Context&) { throw PermanentError("closed account", "ClosedAccount"); });
    take(kOrder);
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
    EXPECT_EQ(state.reason, "ClosedAccount");
    EXPECT_EQ(dead_letter_header("error-class"), "ClosedAccount");
    EXPECT_EQ(dead_letter_header("attempts"), "1");
}

TEST_F(ReliabilityLayerTest, NamesWhatWasThrown) {
    use({.max_attempts = 1});
    on("a", [](const Message&, Context&) { throw std::bad_alloc(); });
    on("b", [](const Message&, Context&) { throw 42; });
    take(R"({"id":"1","type":"a"})");
    (void)attempt();
    EXPECT_EQ(state.reason, "OutOfMemory");
    take(R"({"id":"1","type":"b"})");
    (void)attempt();
    EXPECT_EQ(state.reason, "UnknownException");
}

TEST_F(ReliabilityLayerTest, WrongFieldTypeNamesTheField) {
    on("order.placed", [](const Message& message, Context&) { (void)message.as<Order>(); });
    take(R"({"id":"o-1","type":"order.placed","data":{"quantity":"three"}})");
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
    EXPECT_THAT(dead_letter_header("error-message"), HasSubstr("quantity"));
}

TEST_F(ReliabilityLayerTest, HaltWhenToldToStop) {
    use({.max_attempts = 1, .on_exhausted = ExhaustedPolicy::stop});
    on("order.placed", [](const Message&, Context& context) {
        context.send("invoices", "k", Order{1});
        throw std::runtime_error("no");
    });
    take(kOrder);
    EXPECT_EQ(attempt().kind, Kind::halt);
    EXPECT_TRUE(outputs.unsent().empty());
}

TEST_F(ReliabilityLayerTest, DropOnlyByChoice) {
    use({.max_attempts = 1, .on_exhausted = ExhaustedPolicy::drop});
    on("order.placed", [](const Message&, Context&) { throw std::runtime_error("no"); });
    take(kOrder);
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::dropped);
    EXPECT_EQ(state.reason, "HandlerError");
    EXPECT_TRUE(outputs.unsent().empty());
    use({.max_attempts = 1});
    take(kOrder);
    (void)attempt();
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
}

TEST_F(ReliabilityLayerTest, IgnoresWhatTheHandlerIgnores) {
    on("order.placed", [](const Message&, Context& context) { context.ignore("test order"); });
    take(kOrder);
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::ignored);
    EXPECT_EQ(state.reason, "test order");
}

TEST_F(ReliabilityLayerTest, IgnoresATypeNobodyDeclaredUnlessTypesAreStrict) {
    on("order.placed", [](const Message&, Context&) {});
    take(R"({"id":"o-1","type":"order.cancelled"})");
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::ignored);
    EXPECT_EQ(state.reason, "order.cancelled");
    use({.strict_types = true});
    take(R"({"id":"o-1","type":"order.cancelled"})");
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
    EXPECT_EQ(state.reason, "UnknownType");
}

TEST_F(ReliabilityLayerTest, IgnoresATombstoneUnlessTypesAreStrict) {
    on("order.placed", [](const Message&, Context&) {});
    take(std::nullopt);
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::ignored);
    EXPECT_EQ(state.reason, "tombstone");
    use({.strict_types = true});
    take(std::nullopt);
    (void)attempt();
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
    EXPECT_EQ(state.reason, "Tombstone");
    EXPECT_FALSE(outputs.unsent()[0].payload.has_value());
}

TEST_F(ReliabilityLayerTest, GivesTheRestToTheHandlerOfEverything) {
    std::vector<std::string> seen;
    on("", [&](const Message& message, Context&) { seen.push_back(text_of(message.payload())); });
    take(std::nullopt);
    (void)attempt();
    take(R"({"id":"o-1","type":"order.cancelled"})");
    (void)attempt();
    EXPECT_THAT(seen, testing::ElementsAre("<null>", HasSubstr("order.cancelled")));
    EXPECT_EQ(state.outcome, Outcome::handled);
}

TEST_F(ReliabilityLayerTest, RejectsWhatCannotBeUnderstood) {
    bool called = false;
    on("", [&](const Message&, Context&) { called = true; });
    record = std::make_unique<OwnedRecord>("{broken");
    state = RecordState{.record = &record->get()};
    EXPECT_EQ(
        layer().reject(state, {.code = ErrorCode::malformed, .message = "id: not a string"}, outputs, ticket).kind,
        Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
    EXPECT_EQ(state.reason, "Malformed");
    EXPECT_EQ(text_of(outputs.unsent()[0].payload), "{broken");
    EXPECT_EQ(dead_letter_header("error-message"), "id: not a string");
    EXPECT_EQ(dead_letter_header("attempts"), "0");
    EXPECT_EQ(dead_letter_header("handler"), "");
    EXPECT_FALSE(called);
}

TEST_F(ReliabilityLayerTest, AMessageOverTheLimitIsPermanent) {
    options.max_message_bytes = 1000;
    on("order.placed", [](const Message&, Context& context) {
        context.send("invoices", "k", Order{1});
        context.send(OutgoingMessage{.topic = "files", .payload = std::string(1001, 'x')});
    });
    take(kOrder);
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
    EXPECT_EQ(state.reason, "TooLarge");
    EXPECT_THAT(topics(), testing::ElementsAre(kDeadLetters));
}

TEST_F(ReliabilityLayerTest, AFailedDeliveryIsAFailedAttempt) {
    use({.max_attempts = 2});
    int calls = 0;
    on("order.placed", [&](const Message&, Context& context) {
        ++calls;
        context.send("invoices", "k", Order{1});
    });
    take(kOrder);
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(delivery_fails(ErrorCode::timed_out).kind, Kind::retry);
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(delivery_fails(ErrorCode::timed_out).kind, Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
    EXPECT_EQ(state.reason, "Delivery");
    EXPECT_THAT(topics(), testing::ElementsAre(kDeadLetters));
}

TEST_F(ReliabilityLayerTest, ADeliveryThatIsTooLargeIsPermanent) {
    on("order.placed", [](const Message&, Context& context) { context.send("invoices", "k", Order{1}); });
    take(kOrder);
    (void)attempt();
    EXPECT_EQ(delivery_fails(ErrorCode::too_large).kind, Kind::complete);
    EXPECT_EQ(state.reason, "TooLarge");
    EXPECT_EQ(text_of(outputs.unsent()[0].payload), kOrder);
}

TEST_F(ReliabilityLayerTest, DeliveryFailureOfADeadLetterIsTriedAgain) {
    int calls = 0;
    on("order.placed", [&](const Message&, Context&) {
        ++calls;
        throw PermanentError("closed account");
    });
    take(kOrder);
    (void)attempt();
    for (int i = 0; i < 50; ++i) {
        const auto again = delivery_fails(ErrorCode::not_found);
        ASSERT_EQ(again.kind, Kind::retry);
        EXPECT_TRUE(outputs.unsent().empty());
        EXPECT_GT(again.retry_at, clock.now());
        EXPECT_LE(again.retry_at, clock.now() + 30s);
        ASSERT_EQ(attempt().kind, Kind::complete);
        EXPECT_THAT(topics(), testing::ElementsAre(kDeadLetters));
    }
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
    EXPECT_EQ(dead_letter_header("attempts"), "1");
}

TEST_F(ReliabilityLayerTest, TooLargeDeadLetterBecomesAPointer) {
    on("order.placed", [](const Message&, Context&) { throw PermanentError("closed account"); });
    take(kOrder);
    (void)attempt();
    EXPECT_EQ(delivery_fails(ErrorCode::too_large).kind, Kind::complete);
    ASSERT_EQ(outputs.unsent().size(), 1U);
    EXPECT_FALSE(outputs.unsent()[0].payload.has_value());
    EXPECT_EQ(dead_letter_header("payload-bytes"), std::to_string(std::string_view(kOrder).size()));
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
    EXPECT_EQ(delivery_fails(ErrorCode::too_large).kind, Kind::retry);
}

TEST_F(ReliabilityLayerTest, AStopIsNoFailure) {
    use({.max_attempts = 1, .on_exhausted = ExhaustedPolicy::drop});
    on("order.placed", [](const Message&, Context& context) {
        if (context.stop_token().stop_requested()) {
            throw std::runtime_error("interrupted");
        }
    });
    take(kOrder);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(attempt(stop.get_token()).kind, Kind::retry);
    EXPECT_EQ(delivery_fails(ErrorCode::stopped).kind, Kind::retry);
    EXPECT_TRUE(outputs.unsent().empty());
}

TEST_F(ReliabilityLayerTest, AnErrorHandlerThatThrowsLosesNothing) {
    struct Throwing final : ErrorHandler {
        Decision handle_processing_error(const Failure&) override { throw std::logic_error("oops"); }
    };
    errors = std::make_unique<Throwing>();
    on("order.placed", [](const Message&, Context&) { throw std::runtime_error("no"); });
    take(kOrder);
    EXPECT_EQ(attempt().kind, Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
    EXPECT_EQ(dead_letter_header("error-message"), "no");
}

TEST_F(ReliabilityLayerTest, TellsTheErrorHandlerWhatFailed) {
    struct Mock : ErrorHandler {
        MOCK_METHOD(Decision, handle_processing_error, (const Failure&), (override));
    };
    auto mock = std::make_unique<testing::StrictMock<Mock>>();
    EXPECT_CALL(*mock, handle_processing_error).WillOnce([](const Failure& failure) {
        EXPECT_EQ(failure.message.id(), "o-1");
        EXPECT_EQ(failure.attempt, 1);
        EXPECT_FALSE(failure.permanent);
        EXPECT_EQ(failure.error_class, "HandlerError");
        EXPECT_EQ(failure.text, "no");
        return Decision{.action = Decision::Action::retry, .delay = 7ms};
    });
    errors = std::move(mock);
    on("order.placed", [](const Message&, Context&) { throw std::runtime_error("no"); });
    take(kOrder);
    EXPECT_EQ(attempt().retry_at, clock.now() + 7ms);
}

TEST_F(ReliabilityLayerTest, AMalformedRecordIsNeverRetriedWhateverTheErrorHandlerSays) {
    struct Retrying final : ErrorHandler {
        Decision handle_processing_error(const Failure& failure) override {
            EXPECT_EQ(failure.message.topic(), "orders");
            return {.action = Decision::Action::retry};
        }
    };
    errors = std::make_unique<Retrying>();
    record = std::make_unique<OwnedRecord>("{broken");
    state = RecordState{.record = &record->get()};
    EXPECT_EQ(layer().reject(state, {.code = ErrorCode::malformed, .message = "x"}, outputs, ticket).kind,
              Kind::complete);
    EXPECT_EQ(state.outcome, Outcome::dead_lettered);
}

} // namespace
} // namespace streaming
