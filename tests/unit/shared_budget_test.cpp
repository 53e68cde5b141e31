#include "core/streaming/ingestion/shared_budget.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

#include "core/streaming/ingestion/api_client.hpp"
#include "core/streaming/testing/fake_key_value_store.hpp"
#include "tests/support/stepping_clock.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing_support::ScriptedHttp;
using testing_support::SteppingClock;

/// What was let go, and the most of it in any window.
class Log {
public:
    explicit Log(std::chrono::nanoseconds window) : window_(window) {}
    void add(Clock::steady_time now, std::uint64_t cost) {
        sent_.emplace_back(now, cost);
        in_window_ += cost;
        total_ += cost;
        while (now - sent_.front().first >= window_) {
            in_window_ -= sent_.front().second;
            sent_.pop_front();
        }
        most_ = std::max(most_, in_window_);
    }
    [[nodiscard]] std::uint64_t most() const { return most_; }
    [[nodiscard]] std::uint64_t total() const { return total_; }

private:
    std::chrono::nanoseconds window_;
    std::deque<std::pair<Clock::steady_time, std::uint64_t>> sent_{};
    std::uint64_t in_window_ = 0;
    std::uint64_t most_ = 0;
    std::uint64_t total_ = 0;
};

const ApiBudgetOptions kFirms{.name = "firms", .limit = 5'000, .window = 600s};

/// Processes with one store, and their sources.
class SharedBudgetTest : public ::testing::Test {
protected:
    std::size_t add_process(bool with_store = true) {
        processes_.push_back(std::make_unique<SharedBudget>(
            SharedBudget::Dependencies{
                .clock = clock_,
                .store = with_store ? std::make_unique<fakes::FakeKeyValueStore>(store_) : nullptr,
                .process = "p" + std::to_string(processes_.size())},
            kFirms));
        return processes_.size() - 1;
    }
    struct Source {
        SharedBudget* budget = nullptr;
        SharedBudget::Member member = 0;
        std::uint64_t cost = 1;
        std::uint64_t spent = 0;
    };
    void add_sources(std::size_t process, std::size_t count, double weight = 1, std::uint64_t cost = 1) {
        for (std::size_t i = 0; i < count; ++i) {
            SharedBudget& budget = *processes_[process];
            sources_.push_back({.budget = &budget, .member = budget.join(weight), .cost = cost});
        }
    }
    /// All sources ask as often as they may, in turns that are mixed anew.
    void demand(std::chrono::seconds time) {
        std::mt19937_64 random(3);
        const auto end = clock_.now() + time;
        for (; clock_.now() < end; clock_.advance(250ms)) {
            std::shuffle(sources_.begin(), sources_.end(), random);
            for (Source& source : sources_) {
                for (int i = 0; i < 4 && source.budget->spend(source.member, source.cost, clock_.now(), {}); ++i) {
                    source.spent += source.cost;
                    log_.add(clock_.now(), source.cost);
                }
            }
        }
    }
    [[nodiscard]] double share(const Source& source) const {
        return static_cast<double>(source.spent) / static_cast<double>(log_.total());
    }

    SteppingClock clock_{};
    fakes::FakeStore store_{clock_};
    std::vector<std::unique_ptr<SharedBudget>> processes_{};
    std::vector<Source> sources_{};
    Log log_{600s};
};

TEST_F(SharedBudgetTest, TwentyFiveSourcesGetTheirShareOfTheWholeBudget) {
    add_sources(add_process(false), 25);
    demand(3600s);
    EXPECT_LE(log_.most(), 5000U);
    EXPECT_GE(log_.total(), 5000U * 6 * 95 / 100);
    for (const Source& source : sources_) {
        EXPECT_NEAR(share(source), 0.04, 0.01);
    }
}

TEST_F(SharedBudgetTest, SourcesOfSeveralProcessesShareOneBudget) {
    add_sources(add_process(), 20);
    add_sources(add_process(), 4);
    add_sources(add_process(), 1);
    demand(3600s);
    EXPECT_LE(log_.most(), 5000U);
    EXPECT_GE(log_.total(), 5000U * 6 * 95 / 100);
    for (const Source& source : sources_) {
        EXPECT_NEAR(share(source), 0.04, 0.01);
    }
}

TEST_F(SharedBudgetTest, WeightsAndCostsCount) {
    const auto process = add_process(false);
    add_sources(process, 1, 3, 25);
    add_sources(process, 1, 1, 1);
    demand(3600s);
    EXPECT_LE(log_.most(), 5000U);
    for (const Source& source : sources_) {
        EXPECT_NEAR(share(source), source.cost == 25 ? 0.75 : 0.25, 0.02);
    }
    EXPECT_EQ(processes_[0]->spend(sources_[0].member, 5001, clock_.now(), {}).error().code,
              ErrorCode::invalid_argument);
}

TEST_F(SharedBudgetTest, WhatIdleSourcesLeaveOthersMayUse) {
    const auto process = add_process(false);
    add_sources(process, 1);
    const SharedBudget::Member idle = processes_[process]->join(24);
    demand(600s);
    EXPECT_GE(log_.total(), 4000U) << "at the pace at which the budget grows";
    EXPECT_TRUE(processes_[process]->spend(idle, 100, clock_.now(), {}).ok()) << "the reserve";
    demand(3000s);
    EXPECT_GE(log_.total(), 5000U * 6 * 95 / 100);
    EXPECT_LE(log_.most(), 5000U);
}

TEST_F(SharedBudgetTest, WhatIsOfThePastGetsWhatIsOverAndTakesNothingOfAShare) {
    for (const bool with_store : {false, true}) {
        SharedBudget& budget = *processes_[add_process(with_store)];
        const SharedBudget::Member member = budget.join(1);
        std::uint64_t past = 0;
        const auto begun = clock_.now();
        for (; clock_.now() < begun + 599s; clock_.advance(250ms)) {
            while (budget.spend(member, 25, clock_.now(), {}, SharedBudget::Use::past)) {
                past += 25;
            }
            const auto elapsed = static_cast<double>((clock_.now() - begun) / 1s + 7);
            ASSERT_LE(static_cast<double>(past), 5000 * elapsed / 600 + 25) << "no faster than the budget grows";
        }
        EXPECT_LE(past, 4500U);
        EXPECT_GE(past, 4300U);
        EXPECT_TRUE(budget.spend(member, 400, clock_.now(), {}).ok()) << "its own news do not wait";
        EXPECT_FALSE(budget.spend(member, 25, clock_.now(), {}, SharedBudget::Use::past).ok());
    }
}

TEST_F(SharedBudgetTest, WithoutTheStoreTheyStayWithinTheLimit) {
    add_sources(add_process(), 10);
    add_sources(add_process(), 10);
    add_sources(add_process(), 5);
    demand(900s);
    store_.set_down(true);
    demand(1500s);
    const std::uint64_t before = log_.total();
    demand(600s);
    EXPECT_GE(log_.total() - before, 4000U) << "each goes on with its part";
    add_sources(add_process(), 1);
    const std::uint64_t others = log_.total();
    demand(300s);
    EXPECT_LE(log_.most(), 5000U + 25) << "the new one knows nobody";
    EXPECT_GT(log_.total(), others);
    store_.lose_everything();
    store_.set_down(false);
    demand(3000s);
    EXPECT_LE(log_.most(), 5000U + 25);
    EXPECT_GE(log_.total(), 5000U * 9);
}

TEST_F(SharedBudgetTest, WaitsUntilThereIsRoomAndNoLongerThanAllowed) {
    add_sources(add_process(false), 1);
    const auto spend = [&](std::uint64_t cost, std::chrono::seconds wait) {
        return processes_[0]->spend(sources_[0].member, cost, clock_.now() + wait, {});
    };
    const auto begun = clock_.now();
    EXPECT_TRUE(spend(5000, 0s).ok());
    const Status refused = spend(1, 10s);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_TRUE(refused.error().retryable);
    EXPECT_TRUE(spend(1, 700s).ok());
    EXPECT_GE(clock_.now() - begun, 600s);
    EXPECT_LE(clock_.now() - begun, 606s);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(processes_[0]->spend(sources_[0].member, 1, clock_.now() + 1h, stop.get_token()).error().code,
              ErrorCode::stopped);
}

TEST_F(SharedBudgetTest, QuotaOfAKeyStopsThoseWhoShareIt) {
    ApiHosts hosts({.clock = clock_});
    HttpResponse next{.status = 200, .body = "Exceeding allowed transaction limit."};
    ScriptedHttp http([&](const HttpRequest&) { return next; });
    const ApiClientOptions shares{.timeout = 1s, .cache_ttl = 0s, .budget = kFirms};
    ApiClient one({.http = http, .clock = clock_, .hosts = &hosts}, shares);
    ApiClient two({.http = http, .clock = clock_, .hosts = &hosts}, shares);
    ApiClient other({.http = http, .clock = clock_, .hosts = &hosts}, {.timeout = 1s, .cache_ttl = 0s});
    const HttpRequest request{.url = "http://h/", .cost = 10};
    EXPECT_TRUE(one.get(request, {}).ok());
    next = HttpResponse{.status = 200};
    EXPECT_EQ(two.get(request, {}).error().code, ErrorCode::rate_limited);
    EXPECT_EQ(two.counts().failures[static_cast<std::size_t>(ApiFailure::budget)], 1U);
    EXPECT_TRUE(other.get(request, {}).ok());
    ASSERT_TRUE(two.blocked_until().has_value());
    EXPECT_GE(*two.blocked_until() - clock_.now(), 600s);
    clock_.advance(*two.blocked_until() - clock_.now());
    EXPECT_TRUE(two.get(request, {}).ok());
}

TEST(SpendingWindow, CountsNeverTooLittle) {
    SpendingWindow window(100s);
    const Clock::steady_time start{1h};
    window.spend(5, start);
    window.spend(7, start + 500ms);
    EXPECT_EQ(window.used(start + 100s), 12U);
    EXPECT_EQ(window.next_end(), start + 101s);
    EXPECT_EQ(window.used(start + 101s), 0U);
    window.spend(5, start + 200s);
    window.spend(7, start + 230s);
    window.take_back(8);
    EXPECT_EQ(window.used(start + 230s), 4U);
}

} // namespace
} // namespace streaming
