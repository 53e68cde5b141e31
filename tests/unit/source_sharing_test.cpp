#include "core/streaming/ingestion/source_sharing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "core/streaming/ingestion/source_leases.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_key_value_store.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::vector<std::string> names(int count) {
    std::vector<std::string> all;
    for (int i = 0; i < count; ++i) {
        all.push_back("source-" + std::to_string(10 + i));
    }
    return all;
}

/// One process that shares, and when it wants to be called.
struct Member {
    Member(fakes::FakeClock& clock, fakes::FakeStore& store, const std::string& instance,
           std::vector<std::string> sources)
        : connection(store) {
        sharing = make_source_sharing({.mode = SharingMode::leases},
                                      {.clock = clock,
                                       .store = &connection,
                                       .log = log,
                                       .service = "ingest",
                                       .instance = instance,
                                       .in_use = [this](const std::string& name) { return name == busy; }});
        sharing->set_sources(std::move(sources));
    }

    std::ostringstream logged{};
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged)};
    std::string busy{};
    fakes::FakeKeyValueStore connection;
    std::unique_ptr<SourceSharing> sharing{};
    Clock::steady_time next{}; ///< the past: at once
    bool hangs = false;
};

class SourceLeasesTest : public testing::Test {
protected:
    Member& join(const std::string& instance) {
        members_.push_back(std::make_unique<Member>(clock_, store_, instance, sources_));
        return *members_.back();
    }
    /// Time goes by in small steps; whoever is due works.
    void pass(std::chrono::milliseconds time) {
        for (const auto end = clock_.now() + time; clock_.now() < end; clock_.advance(100ms)) {
            for (const auto& member : members_) {
                if (!member->hangs && member->next <= clock_.now()) {
                    member->next = member->sharing->maintain().value();
                }
            }
            for (const std::string& source : sources_) {
                ASSERT_LE(owners(source), 1) << source;
            }
        }
    }
    [[nodiscard]] int owners(const std::string& source) const {
        return static_cast<int>(
            std::ranges::count_if(members_, [&](const auto& member) { return member->sharing->may_poll(source); }));
    }
    [[nodiscard]] int unowned() const {
        return static_cast<int>(
            std::ranges::count_if(sources_, [&](const std::string& source) { return owners(source) == 0; }));
    }
    static std::vector<std::string> owned(const Member& member) { return member.sharing->status().owned; }

    fakes::FakeClock clock_{};
    fakes::FakeStore store_{clock_};
    std::vector<std::string> sources_ = names(20);
    std::vector<std::unique_ptr<Member>> members_{};
};

TEST_F(SourceLeasesTest, AMemberAloneHasAllAfterTheStoreIsKnownToKeepThings) {
    Member& first = join("a");
    pass(5s);
    EXPECT_THAT(owned(first), IsEmpty()) << "somebody may hold what a new store does not know of";
    pass(2s);
    EXPECT_EQ(owned(first), sources_);
    first.sharing->leave();
    members_.clear();
    Member& next = join("b");
    pass(100ms);
    EXPECT_EQ(owned(next), sources_) << "the store is known";
    EXPECT_THAT(next.sharing->status().members, ElementsAreArray({"b"}));
}

TEST_F(SourceLeasesTest, ALeaseThatWasLostAndRegainedIsAnother) {
    Member& member = join("a");
    pass(10s);
    const auto first = member.sharing->tenure(sources_[0]);
    ASSERT_TRUE(first);
    pass(20s);
    EXPECT_EQ(member.sharing->tenure(sources_[0]), first) << "renewed";
    member.hangs = true;
    pass(6s);
    EXPECT_EQ(member.sharing->tenure(sources_[0]), std::nullopt);
    member.hangs = false;
    pass(10s);
    const auto second = member.sharing->tenure(sources_[0]);
    ASSERT_TRUE(second);
    EXPECT_NE(second, first);
}

TEST_F(SourceLeasesTest, WhoJoinsGetsItsShare) {
    Member& first = join("a");
    pass(10s);
    Member& second = join("b");
    pass(3500ms);
    const std::vector<std::string> both{"a", "b"};
    for (const std::string& source : sources_) {
        EXPECT_TRUE((member_of(source, both) == "a" ? first : second).sharing->may_poll(source)) << source;
    }
    EXPECT_THAT(owned(second), testing::Not(IsEmpty()));
}

TEST_F(SourceLeasesTest, SourcesOfADeadMemberMoveWithinTenSeconds) {
    join("a");
    Member& dying = join("b");
    pass(20s);
    ASSERT_EQ(unowned(), 0);
    dying.hangs = true;
    pass(5s);
    EXPECT_TRUE(owned(dying).empty() || unowned() == 0);
    pass(5s);
    EXPECT_THAT(owned(dying), IsEmpty()) << "it never noticed, and stopped by its own clock";
    EXPECT_EQ(unowned(), 0);
}

TEST_F(SourceLeasesTest, WhatAMemberGivesBackMovesWithTheNextRound) {
    join("a");
    Member& leaving = join("b");
    pass(20s);
    leaving.logged.str("");
    leaving.sharing->leave();
    EXPECT_THAT(leaving.logged.str(), AllOf(HasSubstr("is given back"), Not(HasSubstr("another process"))));
    leaving.hangs = true;
    EXPECT_THAT(owned(leaving), IsEmpty());
    pass(2100ms);
    EXPECT_EQ(unowned(), 0);
}

TEST_F(SourceLeasesTest, ASourceIsHandedOverAfterItsPoll) {
    Member& first = join("a");
    pass(10s);
    const std::vector<std::string> both{"a", "b"};
    const auto moving =
        std::ranges::find_if(sources_, [&](const std::string& source) { return member_of(source, both) == "b"; });
    first.busy = *moving;
    Member& second = join("b");
    pass(30s);
    EXPECT_EQ(owners(*moving), 0) << "the first starts no poll, the second none while one runs";
    first.busy.clear();
    pass(1100ms);
    EXPECT_TRUE(second.sharing->may_poll(*moving));
}

TEST_F(SourceLeasesTest, WithoutTheStoreLeasesEndAndHealthSaysSo) {
    Member& member = join("a");
    pass(10s);
    store_.set_down(true);
    pass(3s);
    EXPECT_EQ(owned(member), sources_);
    EXPECT_THAT(member.sharing->status().trouble, HasSubstr("sharing: the fake store is down"));
    EXPECT_TRUE(member.sharing->in_trouble());
    pass(3s);
    EXPECT_THAT(owned(member), IsEmpty());
    store_.set_down(false);
    pass(600ms);
    EXPECT_EQ(owned(member), sources_);
    EXPECT_EQ(member.sharing->status().trouble, "");
    EXPECT_FALSE(member.sharing->in_trouble());
}

TEST_F(SourceLeasesTest, AStoreThatLostEverythingMakesNoSecondOwner) {
    join("a");
    pass(10s);
    store_.lose_everything();
    join("b"); // asks before the first has renewed
    members_.back()->next = clock_.now();
    members_.front()->next = clock_.now() + 2s;
    pass(20s); // looks for two owners all the time
    EXPECT_EQ(unowned(), 0);
}

TEST_F(SourceLeasesTest, ALostAnswerIsNoLease) {
    Member& first = join("a");
    pass(10s);
    store_.fail_next_replies(1);
    pass(20s);
    EXPECT_EQ(owned(first), sources_);
}

TEST_F(SourceLeasesTest, SourcesComeAndGo) {
    Member& member = join("a");
    pass(10s);
    sources_.pop_back();
    sources_.emplace_back("another");
    member.sharing->set_sources(sources_);
    EXPECT_FALSE(member.sharing->may_poll("source-29")) << "at once";
    pass(4s);
    EXPECT_TRUE(member.sharing->may_poll("another"));
    EXPECT_EQ(store_.value("lease:ingest:source-29"), std::nullopt);
    EXPECT_EQ(store_.value("lease:ingest:another"), "a");
}

TEST_F(SourceLeasesTest, WithoutAStoreNothingIsPolled) {
    spdlog::logger log("test", std::make_shared<spdlog::sinks::null_sink_mt>());
    const auto sharing = make_source_sharing({.mode = SharingMode::leases},
                                             {.clock = clock_, .log = log, .service = "s", .instance = "a"});
    sharing->set_sources(sources_);
    EXPECT_EQ(sharing->maintain(), std::nullopt);
    EXPECT_FALSE(sharing->may_poll(sources_[0]));
    EXPECT_THAT(sharing->status().trouble, HasSubstr("leases need Redis"));
    sharing->leave();
}

class SplitTest : public SourceLeasesTest {
protected:
    std::unique_ptr<SourceSharing> share(const SharingOptions& options) {
        auto sharing = make_source_sharing(options, {.clock = clock_, .log = log_, .service = "s", .instance = "a"});
        sharing->set_sources(sources_);
        return sharing;
    }
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
};

TEST_F(SplitTest, NoneTakesAll) {
    const auto sharing = share({});
    EXPECT_EQ(sharing->status().owned, sources_);
    EXPECT_TRUE(sharing->may_poll("any"));
    EXPECT_EQ(sharing->maintain(), std::nullopt);
}

TEST_F(SplitTest, EachSourceHasOneOfTheInstances) {
    std::vector<std::string> all;
    for (std::size_t instance = 1; instance <= 3; ++instance) {
        const auto owned = share({.mode = SharingMode::split, .instance = instance, .instances = 3})->status().owned;
        EXPECT_THAT(owned, testing::Not(IsEmpty()));
        all.insert(all.end(), owned.begin(), owned.end());
    }
    std::ranges::sort(all);
    EXPECT_EQ(all, sources_);
}

TEST_F(SplitTest, IsTheSameOnEveryMachine) {
    const auto sharing = share({.mode = SharingMode::split, .instance = 1, .instances = 2});
    EXPECT_TRUE(sharing->may_poll("noaa_weather"));
    EXPECT_FALSE(sharing->may_poll("nasa_firms"));
}

} // namespace
