// When many sources that start together are polled first, on a time that is simulated.

#include "core/streaming/ingestion/poll_timing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/mode_fixture.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr std::size_t kSources = 100;
constexpr std::size_t kMost = 5; ///< first polls in any second

struct FirstPolls : testing_support::ModeFixture {
    struct Source {
        std::unique_ptr<IngestionMode> mode{};
        Clock::steady_time look{};
        std::vector<Clock::steady_time> polls{};
    };

    static IngestionOptions options(IngestionKind kind, seconds interval) {
        return {.mode = kind, .polling_interval = interval, .schedule_interval = interval};
    }
    /// Cursors are by name.
    void add(const IngestionOptions& options, const std::string& name = "source") {
        const std::size_t place = sources.size();
        sources.push_back({.mode = make(options, place, name + std::to_string(place))});
        sources.back().look = clock.now();
    }
    /// Polls whatever is due; each poll is over at once.
    void run(seconds time) {
        const auto end = clock.now() + time;
        for (;;) {
            for (Source& source : sources) {
                for (int polls = 0; source.mode->next_poll({}).due <= clock.now() && polls < 2; ++polls) {
                    source.polls.push_back(clock.now());
                    poll(*source.mode);
                }
                source.look = source.mode->next_poll({}).due;
            }
            const auto next = std::ranges::min_element(sources, {}, &Source::look)->look;
            if (next >= end) {
                clock.advance(end - clock.now());
                return;
            }
            clock.advance(std::max<Clock::steady_time::duration>(next - clock.now(), 0s));
        }
    }
    [[nodiscard]] std::vector<Clock::steady_time> firsts() const {
        std::vector<Clock::steady_time> times;
        for (const Source& source : sources) {
            times.push_back(source.polls.at(0));
        }
        return times;
    }
    [[nodiscard]] std::vector<Clock::steady_time> all() const {
        std::vector<Clock::steady_time> times;
        for (const Source& source : sources) {
            times.insert(times.end(), source.polls.begin(), source.polls.end());
        }
        return times;
    }
    /// In any second, wherever it begins.
    static std::size_t most_in_a_second(std::vector<Clock::steady_time> times) {
        std::ranges::sort(times);
        std::size_t most = 0;
        for (std::size_t first = 0, end = 0; end < times.size(); most = std::max(most, end - first)) {
            for (++end; times[end - 1] - times[first] >= 1s; ++first) {
            }
        }
        return most;
    }

    std::vector<Source> sources{};
    Clock::steady_time begin = clock.now();
};

TEST_F(FirstPolls, AHundredSourcesOfAMinuteKeepToFiveASecondInEveryMode) {
    for (const auto kind : {IngestionKind::real_time, IngestionKind::continuous_streaming, IngestionKind::batch}) {
        sources.clear();
        begin = clock.now();
        for (std::size_t place = 0; place < kSources; ++place) {
            add(options(kind, 60s));
        }
        run(60s);
        EXPECT_LE(most_in_a_second(all()), kMost) << "first polls, and the second ones that come within the minute";
        EXPECT_LT(std::ranges::max(firsts()) - begin, 24s);
        run(9min);
        EXPECT_NEAR(static_cast<double>(all().size()), 10 * kSources, kSources) << "one varies its intervals";
        EXPECT_LE(most_in_a_second(all()), kMost) << "and for good";
    }
}

TEST_F(FirstPolls, AHundredSourcesThatVaryTheirIntervalsKeepToFiveASecondAllDay) {
    IngestionOptions varied = options(IngestionKind::real_time, 60s);
    varied.jitter = 0.1;
    for (std::size_t place = 0; place < kSources; ++place) {
        add(varied);
    }
    run(24h);
    EXPECT_NEAR(static_cast<double>(all().size()), 1440 * kSources, 2 * kSources);
    EXPECT_LE(most_in_a_second(all()), kMost);
}

TEST_F(FirstPolls, MixedIntervalsKeepToFiveASecond) {
    using Mix = std::function<seconds(std::size_t place)>;
    const std::vector<Mix> mixes{
        [](std::size_t place) { return place % 2 == 0 ? 10s : 60s; },
        [](std::size_t place) { return place < 60 ? 60s : 10s; },
        [](std::size_t place) { return std::array{10s, 15s, 20s, 30s, 45s, 60s}.at(place % 6); },
        [](std::size_t place) {
            return std::array{60s, 300s, 600s, 3600s, 12s}.at(place % 5);
        },
        [](std::size_t place) { return place % 20 == 0   ? 10s
                                       : place % 10 == 5 ? 30s
                                                         : 120s; },
        [](std::size_t) { return 10s; }};
    for (std::size_t mix = 0; mix < mixes.size(); ++mix) {
        sources.clear();
        for (std::size_t place = 0; place < kSources; ++place) {
            add(options(static_cast<IngestionKind>(place % 3), mixes[mix](place)), std::to_string(mix) + "_");
        }
        run(60s);
        EXPECT_LE(most_in_a_second(firsts()), kMost) << "mix " << mix;
    }
}

TEST_F(FirstPolls, TwoHundredAndFortySourcesKeepToFiveASecondAndMoreBeginWithinAMinute) {
    for (std::size_t place = 0; place < 240; ++place) {
        add(options(IngestionKind::real_time, 10s));
    }
    run(60s);
    EXPECT_LE(most_in_a_second(firsts()), kMost);
    for (std::size_t place = 240; place < 1000; ++place) {
        EXPECT_LT(detail::first_poll_delay(place, 10s), 1min);
        EXPECT_LT(detail::first_poll_delay(place, 1s), 1s);
    }
}

TEST_F(FirstPolls, BatchSourcesThatWereAwayForAnHourComeBackOneAfterTheOther) {
    for (const auto missed : {MissedTicks::one, MissedTicks::catch_up}) {
        IngestionOptions made = options(IngestionKind::batch, 60s);
        made.missed = missed;
        sources.clear();
        for (std::size_t place = 0; place < kSources; ++place) {
            add(made);
        }
        run(60s);
        clock.advance(1h);
        sources.clear(); // killed; their cursors stay
        for (std::size_t place = 0; place < kSources; ++place) {
            add(made);
        }
        run(60s);
        EXPECT_LE(most_in_a_second(firsts()), kMost);
    }
}

} // namespace
} // namespace streaming
