#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "core/streaming/ingestion/api_client.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "tests/support/stepping_clock.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing_support::ScriptedHttp;
using testing_support::SteppingClock;

constexpr const char* kUrl = "https://api.example.org/path?key=secret";

HttpResponse html(long status) {
    return {.status = status, .headers = {{"content-type", "text/html"}}, .body = "<html>"};
}

spdlog::logger logger_into(std::ostringstream& text) {
    spdlog::logger log("test", std::make_shared<spdlog::sinks::ostream_sink_st>(text, true));
    log.set_pattern("%l %v");
    return log;
}

class ApiClientPoliteness : public ::testing::Test {
protected:
    void make(const ApiClientOptions& options, std::uint64_t seed = 1) {
        hosts_ = std::make_unique<ApiHosts>(ApiHosts::Dependencies{.clock = clock_, .seed = seed});
        client_ = std::make_unique<ApiClient>(
            ApiClient::Dependencies{
                .http = http_, .clock = clock_, .hosts = hosts_.get(), .log = &log_, .source = "north"},
            options);
    }
    /// What was logged since it was asked last.
    std::string logged() { return std::exchange(log_text_, std::ostringstream()).str(); }

    Result<HttpResponse> get(const char* url = kUrl) { return client_->get({.url = url}, {}); }

    std::ostringstream log_text_{};
    spdlog::logger log_ = logger_into(log_text_);
    SteppingClock clock_{};
    Result<HttpResponse> next_ = HttpResponse{.status = 200};
    std::vector<Clock::steady_time> came_{};
    ScriptedHttp http_{[this](const HttpRequest&) {
        came_.push_back(clock_.now());
        return next_;
    }};
    std::unique_ptr<ApiHosts> hosts_{};
    std::unique_ptr<ApiClient> client_{};
};

struct Refusal {
    const char* name = "";
    HttpResponse answer{};
    std::chrono::milliseconds pause{};
};

std::vector<Refusal> refusals() {
    const char* in_90_s = "Thu, 01 Jan 2026 00:01:30 GMT";
    return {{"429, seconds", {.status = 429, .headers = {{"retry-after", "7"}}}, 7s},
            {"503, seconds", {.status = 503, .headers = {{"retry-after", "7"}}}, 7s},
            {"429, date", {.status = 429, .headers = {{"retry-after", in_90_s}}}, 90s},
            {"503, date", {.status = 503, .headers = {{"retry-after", in_90_s}}}, 90s},
            {"over the cap", {.status = 429, .headers = {{"retry-after", "86400"}}}, 1h},
            {"quota with 400", {.status = 400, .body = "Exceeding allowed transaction limit."}, 10min},
            {"quota with 200", {.status = 200, .body = "Exceeding allowed transaction limit."}, 10min},
            {"blocked by the CDN", html(403), 5s},
            {"429 page", html(429), 5s},
            {"429 alone", {.status = 429}, 5s},
            {"503 alone", {.status = 503, .body = "{}"}, 5s},
            {"429 with a time that is none", {.status = 429, .headers = {{"retry-after", "soon"}}}, 5s}};
}

TEST_F(ApiClientPoliteness, NoRequestComesBeforeThePauseIsOver) {
    std::mt19937_64 random(7);
    const std::vector<Refusal> all = refusals();
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        const Refusal& refusal = all[seed % all.size()];
        clock_ = SteppingClock();
        came_.clear();
        make({.rate_limit_per_minute = 100'000,
              .cache_ttl = 0s,
              .retry = {.max_retries = seed % 3, .budget = 1},
              .breaker = {.failures = 2}},
             seed);
        next_ = refusal.answer;
        const auto refused = clock_.now();
        (void)get().ok();
        next_ = HttpResponse{.status = 200};
        while (came_.size() < 2) {
            (void)get(random() % 2 == 0 ? kUrl : "https://api.example.org/other").ok();
            clock_.advance(
                std::chrono::milliseconds(random() % static_cast<std::uint64_t>(refusal.pause.count() / 20)));
            ASSERT_LT(clock_.now(), refused + 2h) << refusal.name;
        }
        const auto jitter = Jitter::most_after_pause(refusal.pause);
        ASSERT_GE(came_[1] - refused, refusal.pause) << refusal.name << ", seed " << seed;
        ASSERT_LE(came_[1] - refused, refusal.pause + refusal.pause / 20 + jitter) << refusal.name << ", seed " << seed;
    }
}

TEST_F(ApiClientPoliteness, AskedAtTheTimeThatItTellsItGoes) {
    make({.timeout = 1s, .cache_ttl = 0s});
    next_ = HttpResponse{.status = 429, .headers = {{"retry-after", "90"}}};
    EXPECT_EQ(client_->blocked_until(), std::nullopt);
    EXPECT_EQ(get().value().status, 429);
    const auto until = client_->blocked_until();
    ASSERT_TRUE(until.has_value());
    EXPECT_GE(*until, came_[0] + 90s);
    EXPECT_LE(*until, came_[0] + 99s);
    const auto early = get();
    ASSERT_FALSE(early.ok());
    EXPECT_EQ(early.error().code, ErrorCode::rate_limited);
    EXPECT_TRUE(early.error().retryable);
    EXPECT_EQ(early.error().message.find("secret"), std::string::npos);
    EXPECT_EQ(client_->counts().failures[static_cast<std::size_t>(ApiFailure::paused)], 1U);
    EXPECT_EQ(client_->counts().pauses, 1U);
    EXPECT_GE(client_->counts().blocked_for, 90s);
    clock_.advance(*until - clock_.now());
    next_ = HttpResponse{.status = 200};
    EXPECT_EQ(get().value().status, 200);
    EXPECT_EQ(client_->blocked_until(), std::nullopt);
}

TEST_F(ApiClientPoliteness, OtherClientsOfTheHostWaitTooAndOtherHostsDoNot) {
    make({.timeout = 1s, .cache_ttl = 0s});
    ApiClient neighbour({.http = http_, .clock = clock_, .hosts = hosts_.get()}, {.timeout = 1s, .cache_ttl = 0s});
    next_ = HttpResponse{.status = 429, .headers = {{"retry-after", "60"}}};
    (void)get().ok();
    EXPECT_EQ(neighbour.get({.url = kUrl}, {}).error().code, ErrorCode::rate_limited);
    EXPECT_TRUE(neighbour.get({.url = "https://other.example.org/"}, {}).ok());
}

TEST_F(ApiClientPoliteness, RetriesInsideTheFetchWithFullJitter) {
    make({.cache_ttl = 0s, .retry = {.max_retries = 2, .first_delay = 1s, .budget = 1}, .breaker = {.failures = 0}});
    next_ = Error{.code = ErrorCode::unavailable, .message = "m", .retryable = true};
    const auto begun = clock_.now();
    EXPECT_EQ(get().error().code, ErrorCode::unavailable);
    ASSERT_EQ(came_.size(), 3U);
    EXPECT_LE(came_[1] - begun, 1s);
    EXPECT_LE(came_[2] - came_[1], 2s);
    EXPECT_EQ(client_->counts().retries, 2U);
    EXPECT_EQ(client_->counts().failed(), 1U) << "one fetch";
    std::set<std::chrono::nanoseconds> delays;
    for (int i = 0; i < 3; ++i) {
        clock_.advance(1h);
        const std::size_t first = came_.size();
        (void)get().ok();
        delays.insert(came_.at(first + 1) - came_.at(first));
    }
    EXPECT_EQ(delays.size(), 3U);
}

TEST_F(ApiClientPoliteness, NoRetryOfWhatStaysAsItIsNorPastTheTimeNorOutOfTheBudget) {
    make({.cache_ttl = 0s, .retry = {.max_retries = 3, .budget = 1}, .breaker = {.failures = 0}});
    for (const long status : {400L, 401L, 404L, 501L}) {
        next_ = HttpResponse{.status = status};
        EXPECT_EQ(get().value().status, status);
    }
    next_ = Error{.code = ErrorCode::too_large, .message = "m"};
    (void)get().ok();
    EXPECT_EQ(came_.size(), 5U);
    make({.rate_limit_per_minute = 100'000,
          .timeout = 1ms,
          .cache_ttl = 0s,
          .retry = {.max_retries = 3, .first_delay = 1h, .max_delay = 1h, .budget = 1}});
    next_ = HttpResponse{.status = 500};
    (void)get().ok();
    EXPECT_EQ(came_.size(), 6U);
    make({.rate_limit_per_minute = 100'000,
          .cache_ttl = 0s,
          .retry = {.max_retries = 10, .first_delay = 1ms, .max_delay = 1ms, .budget = 0.1},
          .breaker = {.failures = 0}});
    came_.clear();
    for (int i = 0; i < 1000; ++i) {
        (void)get().ok();
    }
    EXPECT_LE(came_.size(), 1000U + 100 + 10);
    EXPECT_GE(came_.size(), 1000U + 100);
}

TEST_F(ApiClientPoliteness, OpensTheCircuitAndProbesWithOne) {
    make({.rate_limit_per_minute = 100'000, .cache_ttl = 0s, .breaker = {.failures = 3, .open_for = 10s}});
    next_ = HttpResponse{.status = 500};
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(get().value().status, 500);
    }
    EXPECT_EQ(client_->counts().circuit, CircuitBreaker::State::open);
    EXPECT_EQ(get().error().code, ErrorCode::unavailable);
    EXPECT_EQ(client_->blocked_until(), came_.back() + 10s);
    clock_.advance(10s);
    EXPECT_EQ(get().value().status, 500) << "the probe";
    EXPECT_FALSE(get().ok());
    EXPECT_EQ(came_.size(), 4U);
    clock_.advance(10s);
    next_ = HttpResponse{.status = 200};
    EXPECT_EQ(get().value().status, 200);
    EXPECT_EQ(get().value().status, 200);
    const ApiClientCounts counts = client_->counts();
    EXPECT_EQ(counts.circuit, CircuitBreaker::State::closed);
    EXPECT_EQ(counts.circuit_opened, 2U);
    EXPECT_EQ(counts.failures[static_cast<std::size_t>(ApiFailure::circuit_open)], 2U);
}

/// Refused so often in a row without a time; the pause after each.
class RefusedWithoutATime : public ApiClientPoliteness {
protected:
    std::vector<std::chrono::nanoseconds> pauses(std::size_t count) {
        std::vector<std::chrono::nanoseconds> all;
        while (all.size() < count) {
            (void)get().ok();
            const auto until = client_->blocked_until().value_or(clock_.now());
            all.push_back(until - clock_.now());
            clock_.advance(all.back());
        }
        return all;
    }
};

TEST_F(RefusedWithoutATime, EachPauseIsTwiceAsLongUpToFiveMinutesAndAnAnswerEndsThat) {
    make({.rate_limit_per_minute = 100'000, .timeout = 1s, .cache_ttl = 0s});
    for (const long status : {429L, 503L}) {
        next_ = HttpResponse{.status = status};
        const auto got = pauses(8);
        const std::array<std::chrono::seconds, 8> least{5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s};
        for (std::size_t i = 0; i < got.size(); ++i) {
            EXPECT_GE(got[i], least.at(i)) << i;
            EXPECT_LE(got[i], least.at(i) + Jitter::most_after_pause(least.at(i))) << i;
        }
        next_ = HttpResponse{.status = 200};
        EXPECT_TRUE(get().ok());
    }
    EXPECT_EQ(client_->counts().pauses, 16U);
}

TEST_F(RefusedWithoutATime, LastsNoLongerThanAskedPausesMayAndNotAtAllWithoutABlockPause) {
    make({.rate_limit_per_minute = 100'000, .timeout = 1s, .cache_ttl = 0s, .max_retry_after = 8s});
    next_ = HttpResponse{.status = 429};
    EXPECT_LE(pauses(5).back(), 9s);
    make({.rate_limit_per_minute = 100'000, .timeout = 1s, .cache_ttl = 0s, .block_pause = 0s});
    EXPECT_EQ(pauses(3).back(), 0s);
}

TEST_F(RefusedWithoutATime, TellsAPauseOnceAndWhenItIsOver) {
    make({.rate_limit_per_minute = 100'000, .timeout = 1s, .cache_ttl = 0s});
    next_ = HttpResponse{.status = 429, .headers = {{"retry-after", "30"}}};
    (void)get().ok();
    EXPECT_EQ(logged(),
              "warning source north: api.example.org answered 429; it is asked nothing for 30 s: it said so by "
              "Retry-After\n");
    (void)get().ok();
    EXPECT_EQ(logged(), "") << "nothing was asked";
    next_ = HttpResponse{.status = 503};
    (void)pauses(1);
    EXPECT_EQ(logged(), "") << "no longer one, soon after";
    (void)pauses(9); // 5 s to 300 s
    const std::string all = logged();
    EXPECT_EQ(std::ranges::count(all, '\n'), 6) << all;
    EXPECT_NE(all.find("source north: api.example.org answered 503; it is asked nothing for 300 s: it does not say for "
                       "how long"),
              std::string::npos)
        << all;
    EXPECT_EQ(all.find("secret"), std::string::npos);
    next_ = HttpResponse{.status = 200};
    EXPECT_TRUE(get().ok());
    EXPECT_EQ(logged(), "info source north: api.example.org answers again after its pause\n");
    EXPECT_TRUE(get().ok());
    EXPECT_EQ(logged(), "");
}

TEST_F(RefusedWithoutATime, ThoseThatWereSentBeforeThePauseAddNothingToIt) {
    make({.cache_ttl = 0s});
    HostGate gate(clock_, "h");
    Jitter jitter(1);
    for (int i = 0; i < 16; ++i) {
        gate.refused({.first = 5s, .longest = 5min}, jitter);
    }
    EXPECT_LE(gate.closed_until(), clock_.now() + 6s);
    clock_.advance(10s);
    gate.refused({.first = 5s, .longest = 5min}, jitter);
    EXPECT_GE(gate.closed_until(), clock_.now() + 10s);
    EXPECT_LE(gate.closed_until(), clock_.now() + 11s);
}

TEST_F(RefusedWithoutATime, OtherSourcesOfTheHostWaitTooAndARetryOfTheFetchWaits) {
    make({.cache_ttl = 0s, .retry = {.max_retries = 1, .budget = 1}});
    ApiClient neighbour({.http = http_, .clock = clock_, .hosts = hosts_.get()}, {.timeout = 1s, .cache_ttl = 0s});
    next_ = HttpResponse{.status = 429};
    EXPECT_EQ(get().value().status, 429);
    ASSERT_EQ(came_.size(), 2U);
    EXPECT_GE(came_[1] - came_[0], 5s);
    EXPECT_EQ(neighbour.get({.url = kUrl}, {}).error().code, ErrorCode::rate_limited);
    EXPECT_EQ(hosts_->gate("api.example.org")->circuit(), CircuitBreaker::State::closed) << "429 is no failure of it";
}

TEST_F(ApiClientPoliteness, ServiceUnavailableOpensTheCircuitTooAndTheProbeComesAfterThePause) {
    make({.rate_limit_per_minute = 100'000, .timeout = 1s, .cache_ttl = 0s, .breaker = {.failures = 2}});
    next_ = HttpResponse{.status = 503};
    (void)get().ok();
    clock_.advance(6s);
    (void)get().ok();
    EXPECT_EQ(client_->counts().circuit, CircuitBreaker::State::open);
    EXPECT_GE(client_->blocked_until(), came_.back() + 10s);
}

TEST_F(ApiClientPoliteness, LeavesTheProbeToThoseThatAreWell) {
    make({.rate_limit_per_minute = 100'000, .cache_ttl = 0s, .breaker = {.failures = 1, .open_for = 10s}});
    ApiClient well({.http = http_, .clock = clock_, .hosts = hosts_.get()}, {.cache_ttl = 0s});
    EXPECT_TRUE(well.get({.url = kUrl}, {}).ok());
    next_ = HttpResponse{.status = 500};
    (void)get().ok();
    EXPECT_EQ(well.blocked_until(), clock_.now() + 10s);
    EXPECT_EQ(client_->blocked_until(), clock_.now() + 11s);
    clock_.advance(10s);
    EXPECT_EQ(well.blocked_until(), std::nullopt);
    EXPECT_EQ(client_->blocked_until(), clock_.now() + 1s);
    next_ = HttpResponse{.status = 200};
    EXPECT_TRUE(well.get({.url = kUrl}, {}).ok());
    EXPECT_EQ(client_->blocked_until(), std::nullopt);
}

TEST(HostGate, WhoComesWhileAProbeIsOnItsWayWaitsForWhatItFinds) {
    constexpr HostGate::Limits kLimits{.concurrency = 16, .breaker = {.failures = 1, .open_for = 10s}};
    using Ending = HostGate::Ending;
    for (const Ending ending : {Ending::answered, Ending::failed}) {
        fakes::FakeClock clock;
        HostGate gate(clock, "h");
        const auto later = clock.now() + 1h;
        gate.leave(gate.enter(kLimits, later, {}).value(), Ending::failed, kLimits);
        clock.advance(10s);
        const auto probe = gate.enter(kLimits, later, {});
        ASSERT_TRUE(probe.ok());
        EXPECT_EQ(gate.closed_until(), clock.now() + 1s);
        auto other = std::async(std::launch::async, [&] {
            const Status looked = gate.look(kLimits, later, {});
            return looked ? gate.enter(kLimits, later, {}) : Result<HostGate::Pass>(looked.error());
        });
        ASSERT_TRUE(clock.await_waiter());
        gate.leave(probe.value(), ending, kLimits);
        EXPECT_EQ(other.get().ok(), ending == Ending::answered);
    }
}

TEST(HostGate, WaitsTwoSecondsForAProbeAndNotWhenThereIsNoTime) {
    constexpr HostGate::Limits kLimits{.concurrency = 16, .breaker = {.failures = 1, .open_for = 10s}};
    SteppingClock clock;
    HostGate gate(clock, "h");
    gate.leave(gate.enter(kLimits, clock.now(), {}).value(), HostGate::Ending::failed, kLimits);
    clock.advance(10s);
    ASSERT_TRUE(gate.enter(kLimits, clock.now(), {}).ok());
    const auto begun = clock.now();
    EXPECT_EQ(gate.look(kLimits, begun, {}).error().code, ErrorCode::unavailable);
    EXPECT_EQ(clock.now(), begun);
    EXPECT_EQ(gate.look(kLimits, begun + 1h, {}).error().code, ErrorCode::unavailable);
    EXPECT_EQ(clock.now(), begun + 2s);
}

TEST(CircuitBreaker, LetsOneProbeThroughAtATime) {
    constexpr CircuitBreaker::Options kOptions{.failures = 1, .open_for = 1s};
    using Admission = CircuitBreaker::Admission;
    Clock::steady_time now{1h};
    CircuitBreaker breaker;
    EXPECT_EQ(breaker.admit(now), Admission::yes);
    breaker.failed(now, kOptions);
    EXPECT_EQ(breaker.admit(now), Admission::no);
    now += 1s;
    EXPECT_EQ(breaker.admit(now), Admission::as_probe);
    EXPECT_EQ(breaker.admit(now), Admission::no);
    breaker.ended(Admission::yes, now); // one that was on its way before
    EXPECT_EQ(breaker.admit(now), Admission::no);
    breaker.ended(Admission::as_probe, now);
    EXPECT_EQ(breaker.admit(now), Admission::as_probe) << "the one before told nothing";
    breaker.succeeded();
    EXPECT_EQ(breaker.admit(now), Admission::yes);
}

} // namespace
} // namespace streaming
