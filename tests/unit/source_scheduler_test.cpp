#include "core/streaming/orchestration/source_scheduler.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/scheduled_sources.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;
using testing::ElementsAre;

SourceOptions each(const std::string& name, std::chrono::milliseconds interval, Priority priority = Priority::normal) {
    return {.name = name,
            .topic = "readings",
            .ingestion = {.mode = IngestionKind::real_time, .polling_interval = interval, .jitter = 0},
            .priority = priority,
            .api = ApiClientOptions{.rate_limit_per_minute = 10'000, .cache_ttl = 0ms, .retry = {.max_retries = 2}}};
}

/// One thread, and a host that is closed until all have to be polled.
class SourceSchedulerOrder : public tests::ScheduledSources {
protected:
    SourceSchedulerOrder() : ScheduledSources(1) {
        serve([](const HttpRequest&) { return Served{}; });
    }
    /// Polls them once, lets the host ask for a pause, lets them run once more in the order of `ran`, and tells in
    /// which order they are polled when it is over.
    std::vector<std::string> order_after(const std::vector<std::shared_ptr<SourceFlow>>& ran) {
        run_for(1s);
        const std::size_t before = polls().size();
        hosts().gate("host")->pause_until(clock().now() + 1min);
        for (const auto& source : ran) {
            clock().advance(1s);
            scheduler().wake(*source, clock().now());
            settle_down();
        }
        run_for(2min);
        std::vector<std::string> order;
        for (std::size_t i = 0; i < ran.size(); ++i) {
            order.push_back(polls().at(before + i).source);
        }
        return order;
    }
};

TEST_F(SourceSchedulerOrder, OfThoseThatAreDueTogetherWhoRanLongestAgoGoesFirst) {
    const auto a = add(each("a", 30s), {.url = "http://host/"});
    const auto b = add(each("b", 30s), {.url = "http://host/"});
    const auto c = add(each("c", 30s), {.url = "http://host/"});
    EXPECT_THAT(order_after({b, c, a}), ElementsAre("b", "c", "a"));
}

TEST_F(SourceSchedulerOrder, TheMoreUrgentGoesFirstHoweverLongAgoTheOthersRan) {
    const auto a = add(each("a", 30s, Priority::low), {.url = "http://host/"});
    const auto b = add(each("b", 30s), {.url = "http://host/"});
    const auto c = add(each("c", 30s, Priority::critical), {.url = "http://host/"});
    EXPECT_THAT(order_after({a, b, c}), ElementsAre("c", "b", "a"));
}

/// Three sources that fail always and three that do not, at one host.
class FailingNeighbours : public tests::ScheduledSources {
protected:
    void run(std::chrono::milliseconds bad_interval, Priority bad_priority) {
        serve([](const HttpRequest& request) {
            return request.url == "http://host/bad" ? Served{.status = 500, .after = 200ms} : Served{.after = 200ms};
        });
        for (const char* name : {"bad_1", "bad_2", "bad_3"}) {
            add(each(name, bad_interval, bad_priority), {.url = "http://host/bad"});
        }
        for (const std::string& name : kGood) {
            add(each(name, 30s), {.url = "http://host/good"});
        }
        run_for(20min);
    }
    [[nodiscard]] std::chrono::nanoseconds longest_time_between_answers(const std::string& source) const {
        std::chrono::nanoseconds longest{0};
        Time last = polls().front().begin;
        for (const Poll& poll : polls_of(source)) {
            if (poll.ok) {
                longest = std::max<std::chrono::nanoseconds>(longest, poll.begin - last);
                last = poll.begin;
            }
        }
        return std::max<std::chrono::nanoseconds>(longest, polls().back().begin - last);
    }

    const std::vector<std::string> kGood{"good_1", "good_2", "good_3"};
};

TEST_F(FailingNeighbours, HealthySourcesArePolledAtMostTheTimeOfACircuitLate) {
    run(1s, Priority::critical);
    EXPECT_GT(hosts().gate("host")->circuit_opened(), 15U);
    for (const std::string& source : kGood) {
        EXPECT_LE(longest_time_between_answers(source), 30s + 10s + 3s) << source;
        EXPECT_TRUE(std::ranges::all_of(polls_of(source), &Poll::ok)) << source;
    }
}

TEST_F(FailingNeighbours, AlsoWhereAllAreEquallyUrgentAndPolledAsOften) {
    run(30s, Priority::normal);
    EXPECT_GT(hosts().gate("host")->circuit_opened(), 0U);
    for (const std::string& source : kGood) {
        EXPECT_LE(longest_time_between_answers(source), 30s + 10s + 3s) << source;
        EXPECT_TRUE(std::ranges::all_of(polls_of(source), &Poll::ok)) << source;
    }
}

/// Two threads, six sources at a host that hangs, and two at one that is well.
class HangingNeighbours : public tests::ScheduledSources {
protected:
    HangingNeighbours() : ScheduledSources(2) {
        serve([](const HttpRequest& request) {
            return request.url == "http://hangs/" ? Served{.status = 500, .after = 10s} : Served{.after = 100ms};
        });
    }
};

TEST_F(HangingNeighbours, WhoWaitsForAProbeKeepsNoThreadFromThoseAtOtherHosts) {
    for (int i = 0; i < 6; ++i) {
        add(each("bad_" + std::to_string(i), 10s), {.url = "http://hangs/"});
    }
    const std::vector<std::string> good{"good_1", "good_2"};
    for (const std::string& name : good) {
        add(each(name, 10s), {.url = "http://well/"});
    }
    run_for(20min);
    EXPECT_GT(hosts().gate("hangs")->circuit_opened(), 20U) << "there were probes";
    for (const std::string& name : good) {
        std::chrono::nanoseconds latest{0};
        const auto all = polls_of(name);
        for (std::size_t i = 1; i < all.size(); ++i) {
            if (all[i].begin - all.front().begin > 3min) { // by then the circuit was open
                latest = std::max<std::chrono::nanoseconds>(latest, all[i].begin - all[i - 1].begin - 10s);
            }
        }
        EXPECT_LE(latest, 2s + 200ms) << name;
    }
}

} // namespace
