#include "core/streaming/ingestion/api_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_http_client.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kUrl = "https://user:word@api.example.org/secret-path?key=secret-key";

class ApiClientTest : public ::testing::Test {
protected:
    void make(const ApiClientOptions& options) {
        client_ = std::make_unique<ApiClient>(ApiClient::Dependencies{.http = http_, .clock = clock_}, options);
    }
    /// Status of the answer, 0 for an Error, which is in error_ then.
    long get(const std::string& url = kUrl) {
        const auto answer = client_->get({.url = url}, stop_.get_token());
        error_ = answer ? Error{} : answer.error();
        return answer ? answer.value().status : 0;
    }
    /// Spends what may go at once.
    void spend(int requests) {
        for (int i = 0; i < requests; ++i) {
            ASSERT_EQ(get("http://h/" + std::to_string(i)), 404);
        }
    }
    std::future<Result<HttpResponse>> get_elsewhere() {
        return std::async(std::launch::async, [this] { return client_->get({.url = kUrl}, stop_.get_token()); });
    }
    [[nodiscard]] std::uint64_t failures(ApiFailure failure) const {
        return client_->counts().failures[static_cast<std::size_t>(failure)];
    }

    fakes::FakeClock clock_{};
    fakes::FakeWeb web_{};
    fakes::FakeHttpClient http_{web_};
    std::stop_source stop_{};
    Error error_{};
    std::unique_ptr<ApiClient> client_{};
};

TEST_F(ApiClientTest, AnswerIsUsedAgainUntilItIsOld) {
    make({});
    web_.answer(kUrl, "first");
    EXPECT_EQ(get(), 200);
    web_.answer(kUrl, "second");
    clock_.advance(59s);
    EXPECT_EQ(client_->get({.url = kUrl}, {}).value().body, "first");
    EXPECT_EQ(web_.requests().size(), 1U);
    clock_.advance(1s);
    EXPECT_EQ(client_->get({.url = kUrl}, {}).value().body, "second");
    EXPECT_EQ(client_->get({.url = kUrl, .headers = {{"accept", "text/csv"}}}, {}).value().body, "second");
    EXPECT_EQ(web_.requests().size(), 3U);
    EXPECT_EQ(client_->counts().from_cache, 1U);
}

TEST_F(ApiClientTest, OnlyAnswersWithStatus200AreUsedAgain) {
    make({.rate_limit_per_minute = 1'000, .block_pause = 0s});
    for (const long status : {201L, 204L, 304L, 404L, 429L, 500L}) {
        web_.answer(kUrl, HttpResponse{.status = status});
        EXPECT_EQ(get(), status);
    }
    EXPECT_EQ(web_.requests().size(), 6U);
    EXPECT_EQ(client_->counts().from_cache, 0U);
}

TEST_F(ApiClientTest, NoTtlMeansNoCache) {
    make({.cache_ttl = 0s});
    web_.answer(kUrl, "body");
    EXPECT_EQ(get(), 200);
    EXPECT_EQ(get(), 200);
    EXPECT_EQ(web_.requests().size(), 2U);
}

TEST_F(ApiClientTest, SourcesTimeoutIsUsed) {
    make({.timeout = 7s});
    EXPECT_TRUE(client_->get({.url = kUrl, .headers = {{"a", "b"}}, .timeout = 1h, .max_body_bytes = 5}, {}).ok());
    EXPECT_EQ(web_.requests()[0].timeout, 7s);
    EXPECT_EQ(web_.requests()[0].max_body_bytes, 5U);
    EXPECT_EQ(web_.requests()[0].headers, (std::vector<std::pair<std::string, std::string>>{{"a", "b"}}));
}

TEST_F(ApiClientTest, TenthOfTheRateGoesAtOnceThenTheNextWaits) {
    make({.rate_limit_per_minute = 60});
    spend(6);
    auto seventh = get_elsewhere();
    ASSERT_TRUE(clock_.await_waiter());
    EXPECT_EQ(web_.requests().size(), 6U);
    clock_.advance(999ms);
    EXPECT_EQ(clock_.waiters(), 1U);
    clock_.advance(1ms);
    EXPECT_TRUE(seventh.get().ok());
    EXPECT_EQ(client_->counts().waited, 1U);
}

TEST_F(ApiClientTest, AnswersFromTheCacheTakeNothingOfTheRate) {
    make({.rate_limit_per_minute = 1});
    web_.answer(kUrl, "body");
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(get(), 200);
    }
    EXPECT_EQ(client_->counts().from_cache, 49U);
}

TEST_F(ApiClientTest, RequestThatWouldWaitLongerThanItsTimeoutIsNotSent) {
    make({.rate_limit_per_minute = 1, .timeout = 30s});
    spend(1);
    EXPECT_EQ(get(), 0);
    EXPECT_EQ(error_.code, ErrorCode::timed_out);
    EXPECT_TRUE(error_.retryable);
    EXPECT_EQ(error_.message,
              "api.example.org: the rate limit of 1 requests a minute lets the next go in 60000 ms, "
              "later than the timeout of 30000 ms");
    EXPECT_EQ(web_.requests().size(), 1U);
    EXPECT_EQ(failures(ApiFailure::rate_limit), 1U);
    clock_.advance(60s);
    EXPECT_EQ(get(), 404) << "the refused request took no turn";
}

TEST_F(ApiClientTest, StopEndsTheWait) {
    make({.rate_limit_per_minute = 2});
    spend(1);
    auto waiting = get_elsewhere();
    ASSERT_TRUE(clock_.await_waiter());
    stop_.request_stop();
    const auto answer = waiting.get();
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, ErrorCode::stopped);
    EXPECT_EQ(client_->counts().stopped, 1U);
    EXPECT_EQ(client_->counts().failed(), 1U) << "the 404 alone";
}

TEST_F(ApiClientTest, HigherRateWakesWhoWaits) {
    make({.rate_limit_per_minute = 2});
    spend(1);
    auto waiting = get_elsewhere();
    ASSERT_TRUE(clock_.await_waiter());
    client_->configure({.rate_limit_per_minute = 6'000'000});
    clock_.advance(10us);
    EXPECT_TRUE(waiting.get().ok());
}

TEST_F(ApiClientTest, LowerRateRefusesWhoWouldWaitTooLong) {
    make({.rate_limit_per_minute = 2});
    spend(1);
    auto waiting = get_elsewhere();
    ASSERT_TRUE(clock_.await_waiter());
    client_->configure({.rate_limit_per_minute = 1});
    EXPECT_EQ(waiting.get().error().code, ErrorCode::timed_out);
    EXPECT_EQ(failures(ApiFailure::rate_limit), 1U);
}

TEST_F(ApiClientTest, NewOptionsCountFromNow) {
    make({});
    web_.answer(kUrl, "body");
    EXPECT_EQ(get(), 200);
    client_->configure({.timeout = 3s, .cache_ttl = 0s});
    EXPECT_EQ(get(), 200);
    EXPECT_EQ(web_.requests().size(), 2U);
    EXPECT_EQ(web_.requests()[1].timeout, 3s);
}

TEST_F(ApiClientTest, FailuresAreCountedByClass) {
    make({.rate_limit_per_minute = 1'000, .block_pause = 0s});
    const std::pair<long, ApiFailure> statuses[] = {{404, ApiFailure::client_error},
                                                    {429, ApiFailure::refused},
                                                    {503, ApiFailure::server_error},
                                                    {301, ApiFailure::other}};
    for (const auto& [status, failure] : statuses) {
        web_.answer(kUrl, HttpResponse{.status = status});
        EXPECT_EQ(get(), status);
        EXPECT_EQ(failures(failure), 1U) << status;
    }
    const std::pair<ErrorCode, ApiFailure> errors[] = {{ErrorCode::timed_out, ApiFailure::timed_out},
                                                       {ErrorCode::unavailable, ApiFailure::unavailable},
                                                       {ErrorCode::too_large, ApiFailure::too_large},
                                                       {ErrorCode::malformed, ApiFailure::other}};
    for (const auto& [code, failure] : errors) {
        const std::uint64_t before = failures(failure);
        web_.fail_next(1, {.code = code, .message = "m", .retryable = true});
        EXPECT_EQ(get(), 0);
        EXPECT_EQ(error_.code, code);
        EXPECT_EQ(failures(failure), before + 1) << to_string(code);
    }
    EXPECT_EQ(client_->counts().total_requests, 8U);
    EXPECT_EQ(client_->counts().failed(), 8U);
    EXPECT_EQ(to_string(ApiFailure::rate_limit), "rate_limit");
    EXPECT_EQ(to_string(ApiFailure::other), "other");
}

TEST_F(ApiClientTest, RatesAreSharesOfWhatWasAskedFor) {
    make({.rate_limit_per_minute = 1'000});
    EXPECT_EQ(client_->counts().success_rate(), 1.0);
    EXPECT_EQ(client_->counts().cache_hit_rate(), 0.0);
    web_.answer(kUrl, "body");
    EXPECT_EQ(get(), 200);
    EXPECT_EQ(get(), 200);
    EXPECT_EQ(get(), 200);
    EXPECT_EQ(get("http://elsewhere/"), 404);
    EXPECT_DOUBLE_EQ(client_->counts().success_rate(), 0.75);
    EXPECT_DOUBLE_EQ(client_->counts().cache_hit_rate(), 0.5);
    stop_.request_stop();
    EXPECT_EQ(get("http://elsewhere/"), 0);
    EXPECT_DOUBLE_EQ(client_->counts().success_rate(), 0.75) << "a stop is no failure";
}

TEST_F(ApiClientTest, KnowsHowOldTheLastAnswerIs) {
    make({});
    EXPECT_EQ(client_->counts().last_answer_age, std::nullopt);
    EXPECT_EQ(get(), 404);
    EXPECT_EQ(client_->counts().last_answer_age, std::nullopt);
    web_.answer(kUrl, "body");
    EXPECT_EQ(get(), 200);
    clock_.advance(5s);
    EXPECT_EQ(get(), 200);
    EXPECT_EQ(client_->counts().last_answer_age, 5s) << "the cache tells nothing new";
}

TEST_F(ApiClientTest, ErrorsShowNoPathAndNoKey) {
    make({.rate_limit_per_minute = 1});
    spend(1);
    EXPECT_EQ(get(), 0);
    EXPECT_THAT(error_.message, HasSubstr("api.example.org"));
    EXPECT_THAT(error_.message, Not(HasSubstr("secret")));
    EXPECT_THAT(error_.message, Not(HasSubstr("word")));
    stop_.request_stop();
    clock_.advance(1h);
    EXPECT_EQ(get(), 0);
    EXPECT_EQ(error_.message, "api.example.org: stopped");
}

TEST_F(ApiClientTest, ManyThreadsKeepToOneRate) {
    make({.rate_limit_per_minute = 60, .timeout = 1h, .cache_ttl = 0s});
    constexpr std::uint64_t kThreads = 4;
    constexpr std::uint64_t kEach = 10;
    std::atomic<std::uint64_t> left{kThreads};
    std::vector<std::jthread> threads;
    for (std::uint64_t i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (std::uint64_t n = 0; n < kEach; ++n) {
                EXPECT_TRUE(client_->get({.url = kUrl}, {}).ok());
            }
            --left;
        });
    }
    const auto start = clock_.now();
    while (left > 0) {
        clock_.advance_to_next_deadline();
        std::this_thread::yield();
    }
    EXPECT_EQ(clock_.now() - start, 34s) << "6 at once, the other 34 one a second";
    EXPECT_EQ(client_->counts().total_requests, kThreads * kEach);
}

} // namespace
} // namespace streaming
