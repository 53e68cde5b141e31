#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/source_options.hpp"
#include "core/streaming/testing/fake_http_client.hpp"

namespace {

using namespace streaming;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

class HttpConnectorTest : public testing::Test {
protected:
    Result<Response> fetch() { return connector_.fetch({.http = client_, .stop = {}}); }

    const std::string url_ = "https://user:password@api.example:8443/area/secret?key=1";
    fakes::FakeWeb web_{};
    fakes::FakeHttpClient client_{web_};
    HttpConnector connector_{{.url = url_, .headers = {{"accept", "text/csv"}}, .max_body_bytes = 100}};
};

TEST_F(HttpConnectorTest, HandsOutTheAnswer) {
    web_.answer(url_, {.status = 200, .headers = {{"content-type", "text/csv"}}, .body = "a,b"});
    const auto answer = fetch();
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer.value().status, 200);
    EXPECT_EQ(answer.value().body, "a,b");
    EXPECT_EQ(answer.value().content_type, "text/csv");
    EXPECT_THAT(web_.requests().at(0).headers, ElementsAre(Pair("accept", "text/csv")));
}

TEST_F(HttpConnectorTest, OtherAnswersAreErrorsThatNameTheHostOnly) {
    for (const auto& [status, code] : {std::pair(500L, ErrorCode::unavailable),
                                       {206L, ErrorCode::unavailable},
                                       {302L, ErrorCode::invalid_argument},
                                       {400L, ErrorCode::invalid_argument},
                                       {401L, ErrorCode::not_authorized},
                                       {403L, ErrorCode::not_authorized},
                                       {404L, ErrorCode::unavailable},
                                       {408L, ErrorCode::unavailable},
                                       {429L, ErrorCode::rate_limited}}) {
        web_.answer(url_, {.status = status});
        const auto answer = fetch();
        ASSERT_FALSE(answer.ok());
        EXPECT_EQ(answer.error().code, code) << status;
        EXPECT_EQ(answer.error().retryable, code == ErrorCode::unavailable || code == ErrorCode::rate_limited);
        EXPECT_THAT(answer.error().message, AllOf(HasSubstr("api.example"), HasSubstr(std::to_string(status)),
                                                  Not(HasSubstr("secret")), Not(HasSubstr("password"))));
    }
}

TEST_F(HttpConnectorTest, ABlockOfACdnAndAUsedUpQuotaPass) {
    web_.answer(url_, {.status = 403, .headers = {{"content-type", "text/html"}}, .body = "<html>blocked</html>"});
    EXPECT_EQ(fetch().error().code, ErrorCode::unavailable);
    web_.answer(url_, {.status = 403, .body = "Exceeding allowed transaction limit."});
    EXPECT_EQ(fetch().error().code, ErrorCode::rate_limited);
    EXPECT_TRUE(fetch().error().retryable);
}

TEST_F(HttpConnectorTest, UnchangedIsNothing) {
    web_.answer(url_, {.status = 304});
    EXPECT_EQ(fetch().value().status, Response::kNothing);
    EXPECT_TRUE(web_.requests().at(0).conditional);
}

TEST_F(HttpConnectorTest, PassesErrorsOfTheClientOn) {
    web_.answer(url_, std::string(101, 'x'));
    EXPECT_EQ(fetch().error().code, ErrorCode::too_large);
}

TEST(HostOf, IsWhatMayBeShown) {
    EXPECT_EQ(host_of("https://user:password@host:8443/path?query"), "host:8443");
    EXPECT_EQ(host_of("host?query"), "host");
    EXPECT_EQ(host_of(""), "");
}

TEST(SourceOptions, NameEveryProblem) {
    EXPECT_THAT((SourceOptions{.name = "nws", .topic = "weather"}.validate()), IsEmpty());
    const auto problems =
        SourceOptions{.name = "", .topic = "no spaces", .ingestion = {.polling_interval = 0ms}}.validate();
    EXPECT_THAT(problems, AllOf(testing::Contains(HasSubstr("name")), testing::Contains(HasSubstr("no spaces")),
                                testing::Contains(HasSubstr("polling_interval"))));
}

} // namespace
