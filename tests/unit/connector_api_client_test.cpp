#include "core/streaming/ingestion/connector_api_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/ingestion/api_client.hpp"
#include "core/streaming/testing/fake_http_client.hpp"
#include "tests/support/stepping_clock.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

const std::string kHost = "https://api.example.org";

class ConnectorApiClientTest : public ::testing::Test {
protected:
    Result<Response> get(const ConnectorApiClient::Options& options, const std::string& path = "/list") {
        return ConnectorApiClient(options).get(request(), {.path = path});
    }
    Connector::Request request() { return {.http = api_, .stop = {}, .api = &api_}; }
    static std::string url(ApiAuth auth, const std::string& path) {
        return ConnectorApiClient({.base_url = kHost + "/v1/", .auth = std::move(auth)})
            .request_for({.path = path})
            .url;
    }

    testing_support::SteppingClock clock_{};
    fakes::FakeWeb web_{};
    fakes::FakeHttpClient http_{web_};
    ApiClient api_{{.http = http_, .clock = clock_}, {.rate_limit_per_minute = 100'000, .cache_ttl = 0s}};
};

TEST_F(ConnectorApiClientTest, AddsWhatEachRequestCarries) {
    EXPECT_EQ(url({}, "list"), kHost + "/v1/list");
    EXPECT_EQ(url({}, "?a=b"), kHost + "/v1?a=b");
    EXPECT_EQ(url({.kind = ApiAuth::Kind::query, .name = "key", .secret = "s&t"}, "/list"),
              kHost + "/v1/list?key=s%26t");
    EXPECT_EQ(url({.kind = ApiAuth::Kind::query, .name = "key", .secret = "s"}, "/list?a=b"),
              kHost + "/v1/list?a=b&key=s");
    EXPECT_EQ(url({.kind = ApiAuth::Kind::path, .secret = "s/t"}, "/csv/{key}/world"), kHost + "/v1/csv/s%2Ft/world");
    const auto headers = [](ApiAuth::Kind kind) {
        return ConnectorApiClient({.base_url = kHost,
                                   .headers = {{"Accept", "text/csv"}},
                                   .auth = {.kind = kind, .name = "X-API-Key", .secret = "s"}})
            .request_for({})
            .headers;
    };
    EXPECT_THAT(headers(ApiAuth::Kind::header), ElementsAre(Pair("Accept", "text/csv"), Pair("X-API-Key", "s")));
    EXPECT_THAT(headers(ApiAuth::Kind::bearer), Contains(Pair("Authorization", "Bearer s")));
}

TEST_F(ConnectorApiClientTest, GoodAnswersComeWithTheirBody) {
    web_.answer(kHost + "/list", R"({"features":[]})");
    const auto empty = get({.base_url = kHost, .rules = {.content = ExpectedContent::json, .member = "features"}});
    EXPECT_EQ(empty.value().body, R"({"features":[]})") << "what is not in it any more has ended";
    EXPECT_EQ(api_.counts().answers[static_cast<std::size_t>(AnswerClass::empty)], 1U);
    web_.answer(kHost + "/list", HttpResponse{.status = 200, .headers = {{"ETag", "\"1\""}}, .body = "a"});
    EXPECT_EQ(get({.base_url = kHost}).value().status, 200);
    web_.answer(kHost + "/list", HttpResponse{.status = 304});
    const auto unchanged = get({.base_url = kHost});
    ASSERT_TRUE(unchanged.ok()) << unchanged.error().message;
    EXPECT_EQ(unchanged.value().status, Response::kNothing);
}

TEST_F(ConnectorApiClientTest, BadAnswersAreErrorsThatShowNoKey) {
    const ConnectorApiClient::Options options{.base_url = kHost,
                                              .auth = {.kind = ApiAuth::Kind::path, .secret = "planted"},
                                              .rules = {.content = ExpectedContent::csv, .columns = {"latitude"}}};
    const auto code = [&](HttpResponse answer) {
        web_.answer(kHost + "/csv/planted", std::move(answer));
        const auto got = get(options, "/csv/{key}");
        EXPECT_FALSE(got.ok());
        EXPECT_THAT(got.error().message, HasSubstr("api.example.org"));
        EXPECT_THAT(got.error().message, Not(HasSubstr("planted")));
        return got.error().code;
    };
    EXPECT_EQ(code({.status = 200, .body = "Invalid MAP_KEY."}), ErrorCode::not_authorized);
    EXPECT_EQ(code({.status = 400, .body = "planted"}), ErrorCode::invalid_argument);
    EXPECT_EQ(code({.status = 200, .body = "planted\n1"}), ErrorCode::malformed);
    EXPECT_EQ(code({.status = 500, .body = "planted"}), ErrorCode::unavailable);
    EXPECT_EQ(code({.status = 429}), ErrorCode::rate_limited);
    EXPECT_EQ(code({.status = 200, .body = "Exceeding allowed transaction limit."}), ErrorCode::rate_limited);
    EXPECT_EQ(code({.status = 200, .body = "never asked"}), ErrorCode::rate_limited) << "for ten minutes";
}

TEST_F(ConnectorApiClientTest, ABatchIsAnsweredInOrder) {
    const ConnectorApiClient api({.base_url = kHost, .rules = {.content = ExpectedContent::json}});
    std::vector<ConnectorApiClient::Get> what;
    for (int i = 0; i < 20; ++i) {
        const std::string path = "/stations/" + std::to_string(i);
        what.push_back({.path = path});
        if (i != 7) {
            web_.answer(kHost + path, "[" + std::to_string(i) + "]");
        }
    }
    const auto answers = BatchApiClient(api, 3).get_all(request(), what);
    ASSERT_EQ(answers.size(), 20U);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        ASSERT_EQ(answers[i].ok(), i != 7);
        if (answers[i].ok()) {
            EXPECT_EQ(answers[i].value().body, "[" + std::to_string(i) + "]");
        }
    }
    EXPECT_EQ(answers[7].error().code, ErrorCode::unavailable) << "it may be there later";
    EXPECT_EQ(web_.requests().size(), 20U);
    EXPECT_EQ(api_.counts().total_requests, 20U);
    EXPECT_EQ(api_.counts().succeeded, 19U);
}

TEST_F(ConnectorApiClientTest, ABatchKeepsToTheRateAndToItsPlaces) {
    ApiClient slow({.http = http_, .clock = clock_},
                   {.rate_limit_per_minute = 60, .cache_ttl = 0s, .host_concurrency = 2});
    std::vector<HttpRequest> requests(30, {.url = kHost + "/x"});
    const auto begun = clock_.now();
    const auto answers = slow.get_all(requests, 10, {});
    EXPECT_TRUE(std::ranges::all_of(answers, [](const auto& answer) { return answer.ok(); }));
    EXPECT_EQ(clock_.now() - begun, 24s) << "6 at once, the others one a second";
    EXPECT_EQ(slow.counts().total_requests, 30U);
    std::stop_source stop;
    stop.request_stop();
    for (const auto& answer : slow.get_all(requests, 10, stop.get_token())) {
        EXPECT_EQ(answer.error().code, ErrorCode::stopped);
    }
}

} // namespace
} // namespace streaming
