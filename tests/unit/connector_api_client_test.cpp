#include "core/streaming/ingestion/connector_api_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <numeric>

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

/// A batch of twenty at a server that is a function of URL and try.
class BatchRetries : public ::testing::Test {
protected:
    using Script = std::function<Result<HttpResponse>(std::size_t place, std::size_t time)>;

    std::vector<Result<HttpResponse>> get_all(const Script& script, ApiClientOptions options = kOptions,
                                              std::stop_token stop = {}) {
        testing_support::ScriptedHttp http([&](const HttpRequest& request) {
            const auto place = static_cast<std::size_t>(std::stoul(request.url.substr(request.url.rfind('/') + 1)));
            tries_.at(place).push_back(clock_.now());
            return script(place, tries_.at(place).size());
        });
        client_ = std::make_unique<ApiClient>(ApiClient::Dependencies{.http = http, .clock = clock_}, options);
        std::vector<HttpRequest> requests;
        for (std::size_t i = 0; i < kRequests; ++i) {
            requests.push_back({.url = kHost + "/" + std::to_string(i)});
        }
        return client_->get_all(requests, 7, std::move(stop));
    }
    [[nodiscard]] std::size_t sent() const {
        return std::accumulate(tries_.begin(), tries_.end(), std::size_t{0},
                               [](std::size_t sum, const auto& tries) { return sum + tries.size(); });
    }

    static constexpr std::size_t kRequests = 20;
    static inline const ApiClientOptions kOptions{.rate_limit_per_minute = 100'000,
                                                  .cache_ttl = 0s,
                                                  .retry = {.max_retries = 2, .first_delay = 1s, .budget = 1},
                                                  .breaker = {.failures = 0}};
    const Error kBroken{.code = ErrorCode::unavailable, .message = "m", .retryable = true};
    testing_support::SteppingClock clock_{};
    std::vector<std::vector<Clock::steady_time>> tries_ = std::vector<std::vector<Clock::steady_time>>(kRequests);
    std::unique_ptr<ApiClient> client_{};
};

TEST_F(BatchRetries, WhatMayPassIsTriedAgainTogetherAndNothingElse) {
    const auto answers = get_all([this](std::size_t place, std::size_t time) -> Result<HttpResponse> {
        if (place == 3) {
            return kBroken;
        }
        const bool passes = place % 5 == 0 && time == 1;
        return HttpResponse{.status = place == 7 ? 404 : passes ? 500 : 200, .body = std::to_string(place)};
    });
    for (std::size_t i = 0; i < kRequests; ++i) {
        EXPECT_EQ(tries_[i].size(), i == 3 ? 3U : i % 5 == 0 ? 2U : 1U) << i;
        EXPECT_EQ(answers[i].ok(), i != 3) << i;
        EXPECT_EQ(answers[i] ? answers[i].value().status : 0, i == 3 ? 0 : i == 7 ? 404 : 200) << i;
        EXPECT_EQ(answers[i] ? answers[i].value().body : "", i == 3 ? "" : std::to_string(i)) << i;
    }
    EXPECT_LT(tries_[3][1] - tries_[3][0], 1s) << "full jitter";
    EXPECT_LE(tries_[3][2] - tries_[3][1], 2s);
    EXPECT_EQ(tries_[0][1], tries_[5][1]);
    const ApiClientCounts counts = client_->counts();
    EXPECT_EQ(counts.retries, 6U);
    EXPECT_EQ(counts.total_requests, kRequests);
    EXPECT_EQ(counts.succeeded, kRequests - 2);
    EXPECT_EQ(counts.failed(), 2U) << "each counts once";
}

TEST_F(BatchRetries, AllComeOutOfTheBudgetOfRetries) {
    ApiClientOptions options = kOptions;
    options.retry.budget = 0.1;
    const auto answers = get_all([this](std::size_t, std::size_t) { return kBroken; }, options);
    EXPECT_EQ(sent(), kRequests + 10) << "what was saved";
    EXPECT_EQ(client_->counts().failed(), kRequests);
    EXPECT_EQ(answers[19].error().code, ErrorCode::unavailable);
}

TEST_F(BatchRetries, APauseIsKeptToAndNothingGoesOnAfterItsTime) {
    const auto answers = get_all([](std::size_t place, std::size_t time) -> Result<HttpResponse> {
        return place == 19 && time == 1 ? HttpResponse{.status = 429, .headers = {{"retry-after", "7"}}}
                                        : HttpResponse{.status = 200};
    });
    EXPECT_EQ(answers[19].value().status, 200);
    EXPECT_GE(tries_[19].at(1) - tries_[19].at(0), 7s);
    tries_.assign(kRequests, {});
    const auto late = get_all([](std::size_t place, std::size_t) -> Result<HttpResponse> {
        return place == 19 ? HttpResponse{.status = 429, .headers = {{"retry-after", "70"}}}
                           : HttpResponse{.status = 200};
    });
    EXPECT_EQ(tries_[19].size(), 1U);
    EXPECT_EQ(late[19].value().status, 429) << "what it got stands";
    EXPECT_EQ(client_->counts().failures[static_cast<std::size_t>(ApiFailure::refused)], 1U);
    EXPECT_EQ(client_->counts().failed(), 1U);
    tries_.assign(kRequests, {});
    ApiClientOptions options = kOptions;
    options.timeout = 1ms;
    options.retry.first_delay = 1h;
    options.retry.max_delay = 1h;
    static_cast<void>(get_all([this](std::size_t, std::size_t) { return kBroken; }, options));
    EXPECT_EQ(sent(), kRequests);
}

TEST_F(BatchRetries, AStopEndsThem) {
    std::stop_source stop;
    const auto answers = get_all(
        [&](std::size_t place, std::size_t) -> Result<HttpResponse> {
            if (place == 19) {
                stop.request_stop();
            }
            return kBroken;
        },
        kOptions, stop.get_token());
    EXPECT_EQ(sent(), kRequests);
    EXPECT_EQ(answers[0].error().code, ErrorCode::unavailable);
    EXPECT_EQ(client_->counts().failed(), kRequests);
}

} // namespace
} // namespace streaming
