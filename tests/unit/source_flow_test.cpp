#include "core/streaming/orchestration/source_flow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/mocks.hpp"
#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using tests::Item;

constexpr const char* kUrl = "http://api.example/stations?key=secret";

/// Numbers separated by spaces; "x" cannot be understood, "throw" nothing of the answer.
void read_numbers(const Response& response, SourceContext& rows) {
    std::istringstream words(response.body);
    for (std::string word; words >> word;) {
        if (word == "throw") {
            throw std::runtime_error("no table");
        }
        if (word == "x") {
            rows.reject(word, "no number");
        } else {
            rows.emit(word, word, Item{std::stoi(word)});
        }
    }
}

class SourceFlowTest : public testing::Test {
protected:
    void answer(std::string body) { service_.platform().web().answer(kUrl, std::move(body)); }
    PartHealth health() {
        for (const PartHealth& part : service_.service().health().parts) {
            if (part.name == "source stations") {
                return part;
            }
        }
        return {};
    }
    std::vector<int> sent() {
        std::vector<int> numbers;
        for (const Item& item : service_.sent_as<Item>("weather")) {
            numbers.push_back(item.number);
        }
        return numbers;
    }

    ServiceHarness service_{[](StreamServiceBuilder& builder) {
        builder.add_source({.name = "stations", .topic = "weather"},
                           std::make_unique<HttpConnector>(HttpConnector::Options{.url = kUrl}), read_numbers);
    }};
};

TEST_F(SourceFlowTest, SendsWhatIsNewInEachAnswer) {
    answer("1 2 2");
    service_.drain();
    EXPECT_THAT(sent(), ElementsAre(1, 2)) << "a row that stands twice in one answer is one event";
    answer("2 3");
    service_.poll_sources();
    EXPECT_THAT(sent(), ElementsAre(1, 2, 3));
    const FlowCounts counts = service_.counts("stations");
    EXPECT_EQ(counts.count(Outcome::handled), 3U);
    EXPECT_EQ(counts.count(Outcome::duplicate), 2U);
}

TEST_F(SourceFlowTest, ARejectedRowIsDeadLetteredOnceAndTheOthersGoOn) {
    answer("1 x 2");
    service_.drain();
    service_.poll_sources();
    EXPECT_THAT(sent(), ElementsAre(1, 2));
    const auto dead = service_.dead_letters("weather", "stations");
    ASSERT_THAT(dead, SizeIs(1));
    EXPECT_EQ(dead[0].payload, "x");
    EXPECT_EQ(dead[0].header("tributary-error-message"), "no number");
    EXPECT_EQ(dead[0].header("tributary-error-class"), "Rejected");
}

TEST_F(SourceFlowTest, AnAnswerThatCannotBeUnderstoodIsDeadLetteredWhole) {
    answer("1 throw");
    service_.drain();
    EXPECT_TRUE(sent().empty()) << "when the handler throws nothing of the answer is sent";
    ASSERT_THAT(service_.dead_letters("weather", "stations"), SizeIs(1));
    EXPECT_EQ(service_.dead_letters("weather", "stations")[0].payload, "1 throw");
    EXPECT_FALSE(health().ready);
    EXPECT_EQ(health().detail, "no table");
}

TEST_F(SourceFlowTest, AFailedFetchIsTroubleWithoutThePathAndTheNextPollTriesAgain) {
    service_.platform().web().answer(kUrl, HttpResponse{.status = 503});
    service_.drain();
    EXPECT_FALSE(health().ready);
    EXPECT_THAT(health().detail, AllOf(HasSubstr("api.example answered 503"), Not(HasSubstr("secret"))));
    answer("1");
    service_.poll_sources();
    EXPECT_TRUE(health().ready);
    EXPECT_THAT(sent(), ElementsAre(1));
}

TEST_F(SourceFlowTest, ARowThatWasNotDeliveredIsSentAgain) {
    answer("1 2");
    service_.platform().broker().fail_next_sends(
        1, {.code = ErrorCode::unavailable, .message = "no leader", .retryable = true}, "weather");
    service_.drain();
    EXPECT_THAT(sent(), ElementsAre(2, 1));
    EXPECT_EQ(service_.counts("stations").count(Outcome::handled), 2U);
    EXPECT_EQ(service_.counts("stations").send_failed, 0U);
}

TEST_F(SourceFlowTest, ARowThatMayBeStoredIsNotSentAgainUntilTheSourceShowsItAgain) {
    answer("1 2");
    service_.platform().broker().fail_next_sends(
        1, {.code = ErrorCode::unknown_outcome, .message = "no answer", .retryable = true}, "weather");
    service_.drain();
    EXPECT_THAT(sent(), ElementsAre(2));
    EXPECT_EQ(service_.counts("stations").send_failed, 1U);
    EXPECT_EQ(service_.counts("stations").dropped_by_reason.at("not_delivered"), 1U);
    service_.poll_sources();
    EXPECT_THAT(sent(), ElementsAre(2, 1));
}

TEST(SourceFlowOnConditions, AnAnswerOfWhichARowWasGivenUpIsAskedForWhole) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.add_source(
            {.name = "stations",
             .topic = "weather",
             .api = ApiClientOptions{.rate_limit_per_minute = 100'000, .cache_ttl = std::chrono::milliseconds(0)}},
            std::make_unique<HttpConnector>(HttpConnector::Options{.url = kUrl}), read_numbers);
    });
    const auto conditions = [&](std::size_t request) {
        return service.platform().web().requests().at(request).headers.size();
    };
    service.platform().web().answer(kUrl, {.status = 200, .headers = {{"etag", "1"}}, .body = "1 2"});
    service.platform().broker().fail_next_sends(
        1, {.code = ErrorCode::unknown_outcome, .message = "no answer", .retryable = true}, "weather");
    service.drain();
    service.poll_sources();
    EXPECT_EQ(conditions(1), 0U) << "the answer would be that nothing changed";
    EXPECT_THAT(service.sent_as<Item>("weather"), SizeIs(2));
    service.poll_sources();
    EXPECT_EQ(conditions(2), 1U);
    service.platform().web().answer(kUrl, {.status = 200, .headers = {{"etag", "2"}}, .body = "throw"});
    service.poll_sources();
    service.poll_sources();
    EXPECT_EQ(conditions(4), 0U) << "what was not understood comes again";
}

TEST_F(SourceFlowTest, RowsAreSentAgainWhenTheStoreIsAwayAfterARestartOnly) {
    service_.platform().store().set_down(true);
    answer("1");
    service_.drain();
    service_.poll_sources();
    EXPECT_THAT(sent(), ElementsAre(1)) << "the process remembers";
    EXPECT_GT(service_.counts("stations").dedup_store_errors, 0U);
}

TEST(SourceFlow, AConnectorThatThrowsIsAFailedFetch) {
    auto connector = std::make_unique<testing::NiceMock<mocks::MockConnector>>();
    EXPECT_CALL(*connector, fetch)
        .WillOnce([](const Connector::Request&) -> Result<Response> { throw std::runtime_error("no route"); })
        .WillOnce([](const Connector::Request&) -> Result<Response> { throw 7; })
        .WillRepeatedly([](const Connector::Request&) { return Result<Response>(Response{.body = "1"}); });
    ServiceHarness service([&](StreamServiceBuilder& builder) {
        builder.add_source({.name = "stations", .topic = "weather"}, std::move(connector), read_numbers);
    });
    service.drain();
    EXPECT_THAT(service.service().health().to_json(), HasSubstr("no route"));
    service.poll_sources();
    EXPECT_THAT(service.service().health().to_json(), HasSubstr("unknown exception"));
    service.poll_sources();
    EXPECT_TRUE(service.service().health().ready());
    EXPECT_THAT(service.sent("weather"), SizeIs(1));
}

} // namespace
