#include "core/streaming/ingestion/response_cache.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace streaming {
namespace {

using namespace std::chrono_literals;

class ResponseCacheTest : public ::testing::Test {
protected:
    void store(ResponseCache& cache, const HttpRequest& request, std::string body) {
        cache.store(request, std::make_shared<const HttpResponse>(HttpResponse{.status = 200, .body = std::move(body)}),
                    now_);
    }
    /// Body of the answer that is found, "-" for none.
    std::string find(ResponseCache& cache, const HttpRequest& request) {
        const auto answer = cache.find(request, now_, 60s);
        return answer == nullptr ? "-" : answer->body;
    }

    Clock::steady_time now_{1'000h};
};

TEST_F(ResponseCacheTest, FindsTheAnswerUntilItIsTooOld) {
    ResponseCache cache({});
    store(cache, {.url = "a"}, "body");
    now_ += 60s - 1ns;
    EXPECT_EQ(find(cache, {.url = "a"}), "body");
    now_ += 1ns;
    EXPECT_EQ(find(cache, {.url = "a"}), "-");
    EXPECT_EQ(cache.size(), 0U);
    EXPECT_EQ(cache.bytes(), 0U);
}

TEST_F(ResponseCacheTest, OtherUrlsAndHeadersAreOtherRequests) {
    ResponseCache cache({});
    store(cache, {.url = "a", .headers = {{"accept", "json"}}}, "json");
    store(cache, {.url = "a", .headers = {{"accept", "csv"}}}, "csv");
    EXPECT_EQ(find(cache, {.url = "a", .headers = {{"accept", "json"}}}), "json");
    EXPECT_EQ(find(cache, {.url = "a", .headers = {{"accept", "csv"}}}), "csv");
    EXPECT_EQ(find(cache, {.url = "a"}), "-");
    EXPECT_EQ(find(cache, {.url = "b", .headers = {{"accept", "csv"}}}), "-");
}

TEST_F(ResponseCacheTest, NewAnswerTakesThePlaceOfTheOlder) {
    ResponseCache cache({});
    store(cache, {.url = "a"}, "old");
    const std::size_t bytes = cache.bytes();
    now_ += 59s;
    store(cache, {.url = "a"}, "new");
    now_ += 59s;
    EXPECT_EQ(find(cache, {.url = "a"}), "new");
    EXPECT_EQ(cache.size(), 1U);
    EXPECT_EQ(cache.bytes(), bytes);
}

TEST_F(ResponseCacheTest, OverTheNumberTheLeastRecentlyUsedGoes) {
    ResponseCache cache({.max_answers = 2});
    store(cache, {.url = "a"}, "a");
    store(cache, {.url = "b"}, "b");
    EXPECT_EQ(find(cache, {.url = "a"}), "a");
    store(cache, {.url = "c"}, "c");
    EXPECT_EQ(find(cache, {.url = "b"}), "-");
    EXPECT_EQ(find(cache, {.url = "a"}), "a");
    EXPECT_EQ(find(cache, {.url = "c"}), "c");
}

TEST_F(ResponseCacheTest, OverTheBytesAsManyGoAsNeeded) {
    ResponseCache cache({.max_bytes = 100});
    for (const char* url : {"a", "b", "c"}) {
        store(cache, {.url = url}, std::string(30, 'x'));
    }
    EXPECT_EQ(cache.bytes(), 93U);
    store(cache, {.url = "d", .headers = {{"name", "value"}}}, std::string(50, 'y'));
    EXPECT_EQ(find(cache, {.url = "a"}), "-");
    EXPECT_EQ(find(cache, {.url = "b"}), "-");
    EXPECT_EQ(cache.bytes(), 31U + 60U);
}

TEST_F(ResponseCacheTest, AnswerOverTheBoundIsNotKept) {
    ResponseCache cache({.max_bytes = 100});
    store(cache, {.url = "a"}, "small");
    store(cache, {.url = "b"}, std::string(100, 'x'));
    EXPECT_EQ(find(cache, {.url = "b"}), "-");
    EXPECT_EQ(find(cache, {.url = "a"}), "small") << "nothing had to go for it";
    ResponseCache none({.max_answers = 0});
    store(none, {.url = "a"}, "a");
    EXPECT_EQ(none.size(), 0U);
}

TEST_F(ResponseCacheTest, BodyOverTheRequestsBoundIsNotGiven) {
    ResponseCache cache({});
    store(cache, {.url = "a"}, "12345");
    EXPECT_EQ(find(cache, {.url = "a", .max_body_bytes = 4}), "-");
    EXPECT_EQ(find(cache, {.url = "a", .max_body_bytes = 5}), "12345");
}

TEST_F(ResponseCacheTest, LowerLimitsTakeEffectAtOnce) {
    ResponseCache cache({});
    store(cache, {.url = "a"}, "a");
    store(cache, {.url = "b"}, "b");
    cache.set_limits({.max_answers = 1});
    EXPECT_EQ(find(cache, {.url = "a"}), "-");
    EXPECT_EQ(find(cache, {.url = "b"}), "b");
    cache.clear();
    EXPECT_EQ(cache.size(), 0U);
    EXPECT_EQ(cache.bytes(), 0U);
}

} // namespace
} // namespace streaming
