#include "core/streaming/ingestion/lag_watch.hpp"

#include <gmock/gmock.h>

#include "core/streaming/testing/fake_broker.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_lag_probe.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Answers of a probe that fails for one group.
class FailingFor final : public LagProbe {
public:
    FailingFor(LagProbe& probe, std::string group) : probe_(probe), group_(std::move(group)) {}
    Result<std::vector<PartitionLag>> lag(const std::string& group, const std::string& topic,
                                          std::chrono::milliseconds timeout) override {
        if (group == group_) {
            return Error{ErrorCode::timed_out, "no answer", true};
        }
        return probe_.lag(group, topic, timeout);
    }
    Result<std::vector<TopicOffset>> end_offsets(const std::string& topic, std::chrono::milliseconds timeout) override {
        return probe_.end_offsets(topic, timeout);
    }

private:
    LagProbe& probe_;
    std::string group_;
};

struct LagWatchTest : testing::Test {
    LagWatchTest() {
        (void)broker.create_topic("fires", 2);
        (void)broker.create_topic("weather", 1);
    }
    void append(const std::string& topic, std::int32_t partition, int records) {
        for (int i = 0; i < records; ++i) {
            broker.append({.topic = topic, .payload = "x"}, clock.system_now(), partition);
        }
    }
    void commit(const std::string& group, const std::string& topic, std::int32_t partition, std::int64_t offset) {
        broker.set_committed(group, {topic, partition, offset});
    }
    LagObservation look() {
        auto seen = watch.look(groups, topics, 1s);
        EXPECT_TRUE(seen.ok()) << (seen.ok() ? "" : seen.error().message);
        return seen.ok() ? seen.value() : LagObservation{};
    }

    fakes::FakeClock clock{};
    fakes::FakeBroker broker{};
    fakes::FakeLagProbe probe{broker};
    LagWatch watch{probe, clock};
    std::vector<std::string> groups{"alerts"};
    std::vector<std::string> topics{"fires"};
};

TEST_F(LagWatchTest, AddsThePartitionsOfATopic) {
    append("fires", 0, 10);
    append("fires", 1, 20);
    commit("alerts", "fires", 0, 4);
    commit("alerts", "fires", 1, 15);
    const auto seen = look();
    EXPECT_EQ(seen.records, 11U);
    EXPECT_EQ(seen.committed_total, 19U);
    EXPECT_EQ(seen.produced_total, 30U);
    EXPECT_EQ(seen.worst, "group alerts, topic fires");
    EXPECT_EQ(seen.taken, clock.now());
    EXPECT_THAT(seen.left_out, IsEmpty());
}

TEST_F(LagWatchTest, CountsTheWorstPairOfGroupAndTopic) {
    groups = {"alerts", "archive"};
    topics = {"fires", "weather"};
    append("fires", 0, 10);
    append("weather", 0, 30);
    for (const auto& group : groups) {
        commit(group, "fires", 0, 10);
        commit(group, "weather", 0, 29);
    }
    commit("archive", "weather", 0, 5);
    const auto seen = look();
    EXPECT_EQ(seen.records, 25U);
    EXPECT_EQ(seen.worst, "group archive, topic weather");
}

TEST_F(LagWatchTest, TellsTheAgeOfTheOldestUnreadRecord) {
    append("fires", 0, 10);
    commit("alerts", "fires", 0, 10);
    EXPECT_EQ(look().seconds, 0.0);
    for (int i = 0; i < 5; ++i) {
        clock.advance(10s);
        append("fires", 0, 10);
        look();
    }
    EXPECT_EQ(look().seconds, 40.0);
    commit("alerts", "fires", 0, 35); // inside what came third
    EXPECT_EQ(look().seconds, 20.0);
    commit("alerts", "fires", 0, 60);
    EXPECT_EQ(look().seconds, 0.0);
}

TEST_F(LagWatchTest, KnowsTheAgeAtLeastSinceItFirstLooked) {
    append("fires", 0, 10);
    commit("alerts", "fires", 0, 0);
    EXPECT_EQ(look().seconds, 0.0);
    clock.advance(300s);
    EXPECT_EQ(look().seconds, 300.0);
}

TEST_F(LagWatchTest, KeepsTheAgeOverALongTimeWithFewMemories) {
    commit("alerts", "fires", 0, 0);
    for (int second = 0; second < 10'000; ++second) {
        append("fires", 0, 1);
        look();
        clock.advance(1s);
    }
    EXPECT_EQ(look().seconds, 10'000.0);
    commit("alerts", "fires", 0, 9'000);
    EXPECT_NEAR(look().seconds.value_or(0), 1'000, 300); // coarser than it was, never younger by much
}

TEST_F(LagWatchTest, DoesNotTakeWhatJustCameForOldWhenTheRestWasRead) {
    commit("alerts", "fires", 0, 0);
    for (int second = 0; second < 98; ++second) {
        append("fires", 0, 1);
        look();
        clock.advance(1s);
    }
    append("fires", 0, 10);
    commit("alerts", "fires", 0, 100);
    EXPECT_EQ(look().seconds, 0.0);
}

TEST_F(LagWatchTest, LeavesOutAPairWithoutCommitsWhileAnotherCounts) {
    topics = {"fires", "weather"};
    append("fires", 0, 10);
    append("weather", 0, 5000);
    commit("alerts", "fires", 0, 3);
    const auto seen = look();
    EXPECT_EQ(seen.records, 7U);
    EXPECT_THAT(seen.left_out, ElementsAre("group alerts, topic weather: the group has committed nothing there"));
}

TEST_F(LagWatchTest, CountsPairsWithoutCommitsWhenThereIsNoOther) {
    topics = {"fires", "weather"};
    append("weather", 0, 5000);
    const auto seen = look();
    EXPECT_EQ(seen.records, 5000U);
    EXPECT_THAT(seen.left_out, IsEmpty());
}

TEST_F(LagWatchTest, LeavesOutATopicThatDoesNotExistYet) {
    topics = {"fires", "future"};
    append("fires", 0, 10);
    commit("alerts", "fires", 0, 3);
    const auto seen = look();
    EXPECT_EQ(seen.records, 7U);
    EXPECT_EQ(seen.unknown, "");
    EXPECT_THAT(seen.left_out, ElementsAre("group alerts, topic future: the topic does not exist yet"));
}

TEST_F(LagWatchTest, HasNothingToSayWithoutAnyTopicOrGroup) {
    topics = {"future"};
    EXPECT_EQ(watch.look(groups, topics, 1s).error().code, ErrorCode::not_found);
    topics = {"fires"};
    groups.clear();
    EXPECT_THAT(watch.look(groups, topics, 1s).error().message, HasSubstr("no consumer group"));
}

TEST_F(LagWatchTest, ReturnsAnErrorWhenNoLagCanBeRead) {
    broker.set_down(true);
    EXPECT_EQ(watch.look(groups, topics, 1s).error().code, ErrorCode::unavailable);
}

TEST_F(LagWatchTest, NamesThePairsWhoseLagCouldNotBeRead) {
    FailingFor failing(probe, "archive");
    LagWatch half(failing, clock);
    groups = {"alerts", "archive"};
    append("fires", 0, 10);
    commit("alerts", "fires", 0, 3);
    const auto seen = half.look(groups, topics, 1s);
    ASSERT_TRUE(seen.ok());
    EXPECT_EQ(seen.value().records, 7U);
    EXPECT_EQ(seen.value().unknown, "group archive, topic fires: no answer");
}

TEST_F(LagWatchTest, DoesNotCountAPartitionThatIsStuckWhileAnotherMoves) {
    append("fires", 0, 9000);
    append("fires", 1, 9000);
    commit("alerts", "fires", 0, 17);
    for (int minute = 0; minute < 5; ++minute) {
        commit("alerts", "fires", 1, 8000 + minute);
        EXPECT_EQ(look().records, 8983U + 1000U - static_cast<unsigned>(minute));
        clock.advance(60s);
    }
    commit("alerts", "fires", 1, 8999);
    const auto seen = look();
    EXPECT_EQ(seen.records, 1U);
    EXPECT_THAT(seen.left_out, ElementsAre("group alerts, topic fires, partition 0: stuck at offset 17 for 300 s"));
    commit("alerts", "fires", 0, 18);
    EXPECT_EQ(look().records, 8983U);
}

TEST_F(LagWatchTest, CountsPartitionsOfWhichNoneMoves) {
    append("fires", 0, 3000);
    append("fires", 1, 3000);
    commit("alerts", "fires", 0, 0);
    commit("alerts", "fires", 1, 0);
    look();
    commit("alerts", "fires", 1, 1000);
    look();
    clock.advance(1h); // the consumer is gone
    const auto seen = look();
    EXPECT_EQ(seen.records, 5000U);
    EXPECT_THAT(seen.left_out, IsEmpty());
}

TEST_F(LagWatchTest, DoesNotTakeAQuietPartitionForAStuckOne) {
    commit("alerts", "fires", 0, 0);
    commit("alerts", "fires", 1, 0);
    append("fires", 1, 100);
    look();
    clock.advance(1h);
    commit("alerts", "fires", 1, 50);
    append("fires", 0, 10); // the first in an hour
    EXPECT_EQ(look().records, 60U);
}

} // namespace
} // namespace streaming
