// Sources that fetch their past beside what is new, all on one key.

#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "tests/support/scheduled_sources.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;

constexpr std::size_t kDays = 2;         ///< that a live poll asks for
constexpr std::size_t kDaysOfWindow = 5; ///< thirty days are six windows
constexpr auto kInterval = 60s;
constexpr std::chrono::milliseconds kWindow = 10min;

/// Three sources that poll each minute and fetch thirty days, on a budget of days in ten minutes.
class BackfillOnABudget : public tests::ScheduledSources {
protected:
    BackfillOnABudget() : ScheduledSources(3) {
        serve([](const HttpRequest& request) { return Served{.after = request.cost == kDays ? 2s : 8s}; });
    }
    void run(std::size_t limit, std::chrono::minutes time) {
        for (const std::string& name : kNames) {
            SourceOptions options{.name = name,
                                  .topic = "readings",
                                  .ingestion = {.mode = IngestionKind::batch,
                                                .schedule_interval = kInterval,
                                                .backfill_from = "2025-12-01",
                                                .backfill_to = "2025-12-31",
                                                .backfill_window = std::chrono::days(5)},
                                  .api = ApiClientOptions{.cache_ttl = 0ms}};
            options.api->budget = {.name = "firms", .limit = limit, .window = kWindow};
            add(options, {.url = "http://firms/" + name, .days = kDays, .days_of_window = kDaysOfWindow});
        }
        run_for(time);
    }
    [[nodiscard]] std::size_t windows_done() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(polls(), [](const Poll& poll) { return poll.past && poll.ok; }));
    }
    /// Of requests that came in any ten minutes.
    [[nodiscard]] std::size_t most_cost_in_a_window() const {
        std::deque<Asked> inside;
        std::size_t cost = 0;
        std::size_t most = 0;
        for (const Asked& one : asked()) {
            inside.push_back(one);
            for (cost += one.cost; one.time - inside.front().time >= kWindow; inside.pop_front()) {
                cost -= inside.front().cost;
            }
            most = std::max(most, cost);
        }
        return most;
    }
    /// From when a live poll was due to its request, in order.
    [[nodiscard]] std::vector<std::chrono::nanoseconds> live_delays() const {
        std::vector<std::chrono::nanoseconds> delays;
        for (const std::string& name : kNames) {
            std::vector<Asked> live = asked();
            std::erase_if(live,
                          [&](const Asked& one) { return one.url != "http://firms/" + name || one.cost != kDays; });
            for (const Asked& one : live) {
                delays.push_back((one.time - live.front().time) % std::chrono::nanoseconds(kInterval));
            }
        }
        std::ranges::sort(delays);
        return delays;
    }

    const std::vector<std::string> kNames{"snpp", "noaa20", "modis"};
};

TEST_F(BackfillOnABudget, LivePollsKeepTheirScheduleAndTheBudgetHolds) {
    constexpr std::size_t kLimit = 100; // sixty for live polls, the rest for eight windows
    run(kLimit, 120min);
    EXPECT_LE(most_cost_in_a_window(), kLimit);
    EXPECT_EQ(windows_done(), 18U);
    const auto delays = live_delays();
    ASSERT_GE(delays.size(), 3U * 120);
    EXPECT_LE(delays[delays.size() * 99 / 100], 1s);
    const auto all = polls();
    EXPECT_TRUE(std::ranges::all_of(all, [](const Poll& poll) { return poll.past || poll.ok; }));
}

TEST_F(BackfillOnABudget, ALargeOneIsUsedAsFastAsItGoes) {
    run(5'000, 10min);
    EXPECT_EQ(windows_done(), 18U);
    EXPECT_LE(live_delays().back(), 1s);
}

TEST_F(BackfillOnABudget, WaitsForItWithoutLookingAgainAndAgain) {
    run(100, 120min);
    ASSERT_EQ(windows_done(), 18U);
    EXPECT_LT(asked_for_tenure() / polls().size(), 12U) << "a few times with each run, and few runs without a poll";
}

} // namespace
