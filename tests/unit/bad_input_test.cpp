// What a flow does with input that nobody wanted: it says what is wrong, loses nothing and goes on.

#include <gmock/gmock.h>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/patterns/config_error.hpp"
#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using testing::HasSubstr;
using tests::envelope;
using tests::Item;

constexpr const char* kTopic = "items";
constexpr const char* kGroup = "shop";

class BadInput : public testing::Test {
protected:
    ServiceHarness service_{[](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup},
                                           [](const Item& item, Context& context) { context.send("out", "k", item); });
    }};

    /// The payload is in the dead-letter topic byte for byte, with the reason, and the record behind it was handled.
    void expect_dead_letter(const std::string& payload, const std::string& error_class, const std::string& reason) {
        service_.deliver_raw({.topic = kTopic, .key = "k", .payload = payload});
        service_.deliver(kTopic, "k", Item{7});
        service_.drain();
        const auto letters = service_.dead_letters(kTopic, kGroup);
        ASSERT_EQ(letters.size(), 1U);
        EXPECT_EQ(letters[0].payload, payload);
        EXPECT_EQ(letters[0].key, "k");
        EXPECT_EQ(letters[0].header("tributary-error-class"), error_class);
        EXPECT_THAT(letters[0].header("tributary-error-message"), HasSubstr(reason));
        EXPECT_EQ(letters[0].header("tributary-original-topic"), kTopic);
        EXPECT_EQ(letters[0].header("tributary-original-offset"), "0");
        EXPECT_EQ(service_.sent("out").size(), 1U) << "the flow goes on";
        EXPECT_EQ(service_.committed(kGroup, kTopic), 2);
    }
};

TEST_F(BadInput, TruncatedJson) {
    expect_dead_letter(R"({"id":"a","type":"item.made","data":{"number":1)", "Malformed", "");
}
TEST_F(BadInput, TruncatedBehindAnInnerBracket) {
    expect_dead_letter(R"({"id":"a","type":"item.made","data":{"number":1})", "Malformed", "");
}
TEST_F(BadInput, NoJson) { expect_dead_letter("hello", "Malformed", ""); }
TEST_F(BadInput, InvalidUtf8) {
    expect_dead_letter("{\"id\":\"a\xff\xfe\",\"type\":\"item.made\",\"data\":{\"number\":1}}", "Malformed", "UTF-8");
}
TEST_F(BadInput, EmptyPayload) { expect_dead_letter("", "Malformed", "empty"); }
TEST_F(BadInput, TwoHundredThousandOpeningBrackets) { expect_dead_letter(std::string(200'000, '['), "Malformed", ""); }
TEST_F(BadInput, TwoHundredThousandBracketsInData) {
    expect_dead_letter(envelope("a", Item::event_type, std::string(200'000, '[') + std::string(200'000, ']')),
                       "Malformed", "128");
}
TEST_F(BadInput, IdThatIsANumber) {
    expect_dead_letter(R"({"id":7,"type":"item.made","data":{"number":1}})", "Malformed", "id");
}
TEST_F(BadInput, EmptyId) { expect_dead_letter(envelope(""), "Malformed", "id"); }
TEST_F(BadInput, IdOfTenKilobytes) { expect_dead_letter(envelope(std::string(10'240, 'x')), "Malformed", "id"); }
TEST_F(BadInput, IdThatHoldsNul) { expect_dead_letter(envelope("a\\u0000b"), "Malformed", "id"); }
TEST_F(BadInput, IdTwice) {
    expect_dead_letter(R"({"id":"a","id":"b","type":"item.made","data":{"number":1}})", "Malformed", "id");
}
TEST_F(BadInput, MissingType) { expect_dead_letter(R"({"id":"a","data":{"number":1}})", "Malformed", "type"); }
TEST_F(BadInput, WrongFieldType) {
    expect_dead_letter(envelope("a", Item::event_type, R"({"number":"seven"})"), "WrongType", "number");
}
TEST_F(BadInput, MissingField) {
    expect_dead_letter(envelope("a", Item::event_type, R"({"nummer":7})"), "WrongType", "number");
}

TEST_F(BadInput, MissingId) {
    service_.deliver_raw({.topic = kTopic, .key = "k", .payload = R"({"type":"item.made","data":{"number":1}})"});
    service_.drain();
    EXPECT_EQ(service_.counts(kGroup).count(Outcome::handled), 1U);
    EXPECT_EQ(service_.counts(kGroup).missing_ids, 1U);
    EXPECT_EQ(service_.sent("out")[0].envelope.correlation_id, "items:0:0") << "its place stands for its id";
}

TEST_F(BadInput, Tombstone) {
    service_.deliver_raw({.topic = kTopic, .key = "k"});
    service_.drain();
    EXPECT_EQ(service_.counts(kGroup).ignored_by_reason.at("tombstone"), 1U);
    EXPECT_EQ(service_.committed(kGroup, kTopic), 1);
}

TEST_F(BadInput, EventTypeNobodyDeclared) {
    service_.deliver_raw({.topic = kTopic, .key = "k", .payload = envelope("a", "item.sold")});
    service_.drain();
    EXPECT_EQ(service_.counts(kGroup).ignored_by_reason.at("item.sold"), 1U);
    EXPECT_EQ(service_.committed(kGroup, kTopic), 1);
}

TEST_F(BadInput, StrictTypesDeadLetterUndeclaredTypesAndTombstones) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.with_error_handling({.strict_types = true})
            .add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup}, [](const Item&, Context&) {});
    });
    service.deliver_raw({.topic = kTopic, .key = "k", .payload = envelope("a", "item.sold")});
    service.deliver_raw({.topic = kTopic, .key = "k"});
    service.drain();
    const auto letters = service.dead_letters(kTopic, kGroup);
    ASSERT_EQ(letters.size(), 2U);
    EXPECT_EQ(letters[0].header("tributary-error-class"), "UnknownType");
    EXPECT_EQ(letters[1].header("tributary-error-class"), "Tombstone");
    EXPECT_EQ(letters[1].payload, std::nullopt) << "a tombstone stays one";
}

TEST_F(BadInput, MessageTooLargeToSend) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup}, [](const Item&, Context& context) {
            context.send({.topic = "out", .key = "k", .payload = std::string(1'000'001, 'x')});
        });
    });
    service.deliver(kTopic, "k", Item{1});
    service.drain();
    const auto letters = service.dead_letters(kTopic, kGroup);
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].header("tributary-error-class"), "TooLarge");
    EXPECT_EQ(letters[0].header("tributary-attempts"), "1") << "it never gets smaller";
    EXPECT_TRUE(service.sent("out").empty());
}

TEST_F(BadInput, RedisNotThereAndPolicyProcess) {
    service_.platform().store().set_down(true);
    service_.deliver(kTopic, "k", Item{1});
    service_.drain();
    EXPECT_EQ(service_.sent("out").size(), 1U);
    EXPECT_GT(service_.counts(kGroup).dedup_store_errors, 0U);
}

TEST_F(BadInput, RedisNotThereAndPolicyPause) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.with_deduplication({.on_store_error = StoreErrorPolicy::pause})
            .add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup},
                                        [](const Item& item, Context& context) { context.send("out", "k", item); });
    });
    service.platform().store().set_down(true);
    service.deliver(kTopic, "k", Item{1});
    service.start();
    tests::await(service, [&] { return service.counts(kGroup).dedup_store_errors > 0; });
    EXPECT_TRUE(service.sent("out").empty()) << "taken, not handled";
    EXPECT_EQ(service.counts(kGroup).in_flight, 1U);
    service.platform().store().set_down(false);
    service.drain();
    EXPECT_EQ(service.sent("out").size(), 1U);
}

TEST_F(BadInput, BrokerNotConfigured) {
    StreamServiceBuilder builder("shop");
    builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup}, [](const Item&, Context&) {});
    try {
        (void)builder.build();
        FAIL() << "a service without a broker was built";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("bootstrap_servers"));
        EXPECT_THAT(error.what(), HasSubstr("embedded"));
    }
}

TEST_F(BadInput, FiveMistakesAreReportedAtOnce) {
    StreamServiceBuilder builder("shop");
    builder.with_kafka({.bootstrap_servers = "broker:9092", .compression_type = "zip"})
        .with_redis({.url = "http://redis"})
        .add_consumer_handler<Item>({.topics = {}, .group_id = kGroup}, [](const Item&, Context&) {})
        .add_consumer_handler<Item>({.topics = {kTopic}, .group_id = "twice"}, [](const Item&, Context&) {})
        .add_consumer_handler<Item>({.topics = {kTopic}, .group_id = "twice"}, [](const Item&, Context&) {})
        .add_consumer_handler<Item>({.topics = {kTopic}, .group_id = "lanes", .workers = 0},
                                    [](const Item&, Context&) {});
    try {
        (void)builder.build();
        FAIL() << "built";
    } catch (const ConfigError& error) {
        EXPECT_EQ(error.problems().size(), 5U) << error.what();
        EXPECT_THAT(error.what(), HasSubstr("'zip'"));
        EXPECT_THAT(error.what(), HasSubstr("'http'"));
        EXPECT_THAT(error.what(), HasSubstr("topics"));
        EXPECT_THAT(error.what(), HasSubstr("two handlers for event type 'item.made'"));
        EXPECT_THAT(error.what(), HasSubstr("workers"));
    }
}

} // namespace
