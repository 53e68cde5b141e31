#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "core/streaming/ingestion/api_client.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "tests/support/stepping_clock.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing_support::ScriptedHttp;
using testing_support::SteppingClock;

constexpr const char* kUrl = "https://api.example.org/list";

class ApiClientConditional : public ::testing::Test {
protected:
    void make(const ApiClientOptions& options) {
        client_ = std::make_unique<ApiClient>(ApiClient::Dependencies{.http = http_, .clock = clock_}, options);
    }
    long get(bool conditional = true) {
        const auto answer = client_->get({.url = kUrl, .conditional = conditional}, {});
        body_ = answer ? answer.value().body : "";
        return answer ? answer.value().status : 0;
    }
    /// A server with one page.
    HttpResponse serve(const HttpRequest& request) {
        sent_.push_back(request);
        const HttpResponse page{.status = 200, .headers = headers_, .body = "page"};
        for (const auto& [name, value] : request.headers) {
            if ((name == "If-None-Match" && value == page.header("etag")) ||
                (name == "If-Modified-Since" && value == page.header("last-modified"))) {
                return {.status = 304, .headers = headers_, .body = "a body that should not be there"};
            }
        }
        return page;
    }

    SteppingClock clock_{};
    std::vector<std::pair<std::string, std::string>> headers_{};
    std::vector<HttpRequest> sent_{};
    ScriptedHttp http_{[this](const HttpRequest& request) { return serve(request); }};
    std::unique_ptr<ApiClient> client_{};
    std::string body_{};
};

TEST_F(ApiClientConditional, AsksWithTheValidatorsOfTheLastAnswer) {
    make({.cache_ttl = 1s});
    headers_ = {{"etag", "\"v1\""}, {"last-modified", "Thu, 01 Jan 2026 00:00:00 GMT"}};
    EXPECT_EQ(get(), 200);
    EXPECT_THAT(sent_[0].headers, IsEmpty());
    clock_.advance(1s);
    EXPECT_EQ(get(), 304);
    EXPECT_EQ(body_, "");
    EXPECT_THAT(sent_[1].headers, Contains(Pair("If-None-Match", "\"v1\"")));
    EXPECT_THAT(sent_[1].headers, Contains(Pair("If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT")));
    EXPECT_EQ(client_->counts().unchanged, 1U);
    EXPECT_EQ(client_->counts().succeeded, 2U);
    clock_.advance(1s);
    headers_[0].second = "\"v2\"";
    headers_.pop_back();
    EXPECT_EQ(get(), 200);
    clock_.advance(1s);
    EXPECT_EQ(get(), 304);
    EXPECT_THAT(sent_[3].headers, Contains(Pair("If-None-Match", "\"v2\"")));
    EXPECT_EQ(sent_[3].headers.size(), 1U);
}

TEST_F(ApiClientConditional, WhatWasForgottenComesWhole) {
    make({});
    headers_ = {{"etag", "\"v1\""}};
    EXPECT_EQ(get(), 200);
    EXPECT_EQ(get(), 304) << "fresh";
    client_->forget();
    EXPECT_EQ(get(), 200) << "rows of the answer were not delivered";
    EXPECT_EQ(body_, "page");
    client_->configure({});
    EXPECT_EQ(get(), 200);
    EXPECT_EQ(get(false), 200) << "who does not know 304 never gets one";
    client_->forget();
    EXPECT_EQ(get(false), 200);
    EXPECT_EQ(sent_.size(), 5U);
}

TEST_F(ApiClientConditional, FreshnessIsTheServersWithinTheBounds) {
    make({.cache_ttl = 60s, .cache_min = 10s, .cache_max = 100s});
    const auto fresh_for = [&](std::string control, bool conditional) {
        headers_ = {{"etag", "\"v\""}};
        if (!control.empty()) {
            headers_.emplace_back("cache-control", std::move(control));
        }
        client_->forget();
        (void)get(conditional);
        const std::size_t sent = sent_.size();
        const auto begun = clock_.now();
        while (sent_.size() == sent) {
            clock_.advance(1s);
            (void)get(conditional);
        }
        return clock_.now() - begun;
    };
    for (const bool conditional : {false, true}) {
        EXPECT_EQ(fresh_for("", conditional), 60s);
        EXPECT_EQ(fresh_for("max-age=30", conditional), 30s);
        EXPECT_EQ(fresh_for("max-age=30, s-maxage=90", conditional), 90s);
        EXPECT_EQ(fresh_for("max-age=3", conditional), 10s);
        EXPECT_EQ(fresh_for("max-age=3000", conditional), 100s);
        EXPECT_EQ(fresh_for("no-store", conditional), 1s) << "asked each time";
    }
}

TEST_F(ApiClientConditional, A304TellsHowLongItHolds) {
    make({.cache_ttl = 1s});
    headers_ = {{"etag", "\"v\""}};
    EXPECT_EQ(get(), 200);
    clock_.advance(1s);
    headers_.emplace_back("cache-control", "max-age=30");
    EXPECT_EQ(get(), 304);
    clock_.advance(29s);
    EXPECT_EQ(get(), 304);
    EXPECT_EQ(sent_.size(), 2U);
    clock_.advance(1s);
    EXPECT_EQ(get(), 304);
    EXPECT_EQ(sent_.size(), 3U);
}

TEST_F(ApiClientConditional, NoCacheMeansAskedEachTimeOnConditions) {
    make({.cache_ttl = 0s});
    headers_ = {{"etag", "\"v\""}, {"cache-control", "max-age=30"}};
    EXPECT_EQ(get(), 200);
    EXPECT_EQ(get(), 304);
    EXPECT_EQ(sent_.size(), 2U);
}

TEST_F(ApiClientConditional, AnAnswerThatMayNotBeKeptLeavesNoConditionsOfTheOneBefore) {
    make({.cache_ttl = 1s});
    headers_ = {{"etag", "\"v1\""}};
    EXPECT_EQ(get(), 200);
    clock_.advance(1s);
    headers_ = {{"etag", "\"v2\""}, {"cache-control", "no-store"}};
    EXPECT_EQ(get(), 200);
    clock_.advance(1s);
    headers_ = {{"etag", "\"v1\""}};
    EXPECT_EQ(get(), 200) << "as it was before the last one: that is news";
    EXPECT_THAT(sent_.at(2).headers, IsEmpty());
}

TEST_F(ApiClientConditional, A304ThatWasNotAskedForIsAFailure) {
    make({});
    ScriptedHttp broken([](const HttpRequest&) { return HttpResponse{.status = 304}; });
    ApiClient client({.http = broken, .clock = clock_}, {});
    EXPECT_EQ(client.get({.url = kUrl, .conditional = true}, {}).error().code, ErrorCode::unavailable);
    EXPECT_EQ(client.get({.url = kUrl}, {}).value().status, 304);
}

TEST_F(ApiClientConditional, UnchangedIsNothingForTheHandler) {
    make({.cache_ttl = 0s});
    headers_ = {{"etag", "\"v\""}};
    HttpConnector connector({.url = kUrl});
    EXPECT_EQ(connector.fetch({.http = *client_, .stop = {}}).value().body, "page");
    const auto second = connector.fetch({.http = *client_, .stop = {}});
    EXPECT_EQ(second.value().status, Response::kNothing);
    EXPECT_EQ(second.value().body, "");
}

TEST_F(ApiClientConditional, OldPayloadsAreStale) {
    make({.max_age = 2h});
    EXPECT_FALSE(client_->note_payload_time(clock_.system_now() - 2h));
    EXPECT_TRUE(client_->note_payload_time(clock_.system_now() - 89h));
    EXPECT_EQ(client_->counts().stale, 1U);
    make({});
    EXPECT_FALSE(client_->note_payload_time(clock_.system_now() - 89h));
}

TEST(ResponseValidators, RemembersABoundedNumber) {
    ResponseValidators validators;
    const auto request = [](std::size_t i) { return HttpRequest{.url = "u" + std::to_string(i)}; };
    const HttpResponse answer{.headers = {{"etag", "e"}}};
    for (std::size_t i = 0; i <= ResponseValidators::kMost; ++i) {
        validators.remember(request(i), answer, {});
        validators.remember(request(i), answer, {});
    }
    EXPECT_EQ(validators.size(), ResponseValidators::kMost);
    HttpRequest to;
    EXPECT_FALSE(validators.add_conditions(request(0), to));
    EXPECT_TRUE(validators.add_conditions(request(1), to));
    validators.forget(request(1));
    EXPECT_FALSE(validators.add_conditions(request(1), to));
}

TEST(ApiClientOptions, NamesWhatIsWrong) {
    EXPECT_THAT(ApiClientOptions{}.validate(), IsEmpty());
    const Problems problems =
        ApiClientOptions{.timeout = 0ms, .cache_min = 2s, .cache_max = 1s, .retry = {.max_retries = 11}}.validate();
    ASSERT_EQ(problems.size(), 3U);
    EXPECT_EQ(problems[0], "timeout: 0 ms is not allowed, 1 to 3600000 ms are");
    EXPECT_EQ(problems[2], "retry.max_retries: 11 is not allowed, 0 to 10 are");
}

} // namespace
} // namespace streaming
