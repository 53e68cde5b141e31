#include "core/streaming/ingestion/answer_headers.hpp"

#include <gtest/gtest.h>

#include "core/streaming/ingestion/http_date.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;

constexpr Clock::system_time kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 6} + 8h + 49min + 37s;

HttpResponse with(std::vector<std::pair<std::string, std::string>> headers) { return {.headers = std::move(headers)}; }

TEST(HttpDate, ReadsAllThreeForms) {
    for (const char* text :
         {"Fri, 06 Nov 2026 08:49:37 GMT", "Friday, 06-Nov-26 08:49:37 GMT", "Fri Nov  6 08:49:37 2026"}) {
        EXPECT_EQ(parse_http_date(text, kNow), kNow) << text;
    }
    const auto past = parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow);
    EXPECT_EQ(past, Clock::system_time(std::chrono::sys_days{std::chrono::year{1994} / 11 / 6} + 8h + 49min + 37s));
}

TEST(HttpDate, RefusesWhatIsNone) {
    for (const char* text :
         {"", "0", "-1", "tomorrow", "Fri, 06 Nov 2026 08:49:37", "Fri, 06 Nov 2026 08:49:37 CET",
          "Fri, 31 Feb 2026 08:49:37 GMT", "Fri, 06 Nov 2026 24:49:37 GMT", "Fri, 06 Now 2026 08:49:37 GMT",
          "Fri, 06 Nov 2026 8:49:37 GMT", "Fri, 06 Nov 26 08:49:37 GMT GMT", "Fri, x6 Nov 2026 08:49:37 GMT",
          "Fri, 06 Nov 202 08:49:37 GMT", "2026-11-06T08:49:37Z"}) {
        EXPECT_EQ(parse_http_date(text, kNow), std::nullopt) << text;
    }
}

TEST(AnswerHeaders, SharedMaxAgeGoesBeforeMaxAgeBeforeExpires) {
    const std::pair<std::string, std::string> expires{"expires", "Fri, 06 Nov 2026 08:51:37 GMT"};
    EXPECT_EQ(freshness_of(with({{"cache-control", "public, max-age=749, S-MaxAge=3600"}, expires}), kNow).lifetime,
              3600s);
    EXPECT_EQ(
        freshness_of(with({{"cache-control", "public"}, {"cache-control", "max-age=\"749\""}, expires}), kNow).lifetime,
        749s);
    EXPECT_EQ(freshness_of(with({expires}), kNow).lifetime, 120s);
    EXPECT_EQ(freshness_of(with({expires, {"date", "Fri, 06 Nov 2026 08:50:37 GMT"}}), kNow).lifetime, 60s);
    EXPECT_EQ(freshness_of(with({{"cache-control", "max-age=100"}, {"age", "30"}}), kNow).lifetime, 70s);
    EXPECT_EQ(freshness_of(with({{"cache-control", "max-age=100"}, {"age", "300"}}), kNow).lifetime, 0s);
}

TEST(AnswerHeaders, SaysWhatMayNotBeKept) {
    EXPECT_EQ(freshness_of(with({{"cache-control", "no-store, max-age=60"}}), kNow),
              (Freshness{.may_be_kept = false, .lifetime = 0ms}));
    EXPECT_EQ(freshness_of(with({{"cache-control", "no-cache"}}), kNow).lifetime, 0s);
    EXPECT_EQ(freshness_of(with({{"expires", "0"}}), kNow).lifetime, 0s);
    EXPECT_EQ(freshness_of(with({}), kNow), Freshness{});
    EXPECT_EQ(freshness_of(with({{"cache-control", "max-age=soon, private, =,,"}}), kNow), Freshness{});
    EXPECT_GT(freshness_of(with({{"cache-control", "max-age=99999999999999999999999"}}), kNow).lifetime, 24h * 365);
}

TEST(AnswerHeaders, RetryAfterIsSecondsOrADate) {
    const auto wait = [](const char* text) { return retry_after_of(with({{"retry-after", text}}), kNow); };
    EXPECT_EQ(wait("7"), 7s);
    EXPECT_EQ(wait(" 0 "), 0s);
    EXPECT_EQ(wait("Fri, 06 Nov 2026 08:51:07 GMT"), 90s);
    EXPECT_EQ(wait("Fri, 06 Nov 2026 08:00:00 GMT"), 0s);
    EXPECT_EQ(retry_after_of(with({{"retry-after", "Fri, 06 Nov 2026 08:49:38 GMT"}}), kNow + 1us), 1000ms)
        << "rounded up";
    for (const char* text : {"", "soon", "-5", "1.5", "7 s"}) {
        EXPECT_EQ(wait(text), std::nullopt) << text;
    }
    EXPECT_EQ(retry_after_of(with({}), kNow), std::nullopt);
}

} // namespace
} // namespace streaming
