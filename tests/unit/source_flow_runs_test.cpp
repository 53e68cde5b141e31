#include "core/streaming/ingestion/batch_cursor.hpp"
#include "tests/support/source_fixture.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SourceFlowRuns : public tests::SourceFixture {
protected:
    static SourceOptions hourly() {
        SourceOptions batch = options();
        batch.ingestion = {.mode = IngestionKind::batch, .schedule_interval = 1h};
        return batch;
    }
    std::optional<Clock::system_time> last_run() {
        return detail::BatchCursor::parse(cursors_.load("words").value().value_or("")).value().last_run;
    }
    void save_last_run(Clock::system_time time) {
        EXPECT_TRUE(cursors_.save("words", detail::BatchCursor{.last_run = time}.to_text()).ok());
    }
};

TEST_F(SourceFlowRuns, ARequestThatIsNotAllowedIsNotMadeAgain) {
    answer(Error{.code = ErrorCode::not_authorized, .message = "api.example answered 401"});
    make(options());
    run_for(24h);
    EXPECT_EQ(fetches_, 1);
    EXPECT_THAT(lines_of_log("error"), ElementsAre(AllOf(HasSubstr("source words: api.example answered 401"),
                                                         HasSubstr("until its configuration is changed"))));
    const SourceStatus status = flow_->status();
    EXPECT_FALSE(status.ready);
    EXPECT_TRUE(status.halted);
    EXPECT_THAT(status.detail, AllOf(HasSubstr("401"), HasSubstr("polled no more")));
    EXPECT_EQ(status.polls.at("not_authorized"), 1U);
}

TEST_F(SourceFlowRuns, ASourceThatWasConfiguredAnewIsPolledAgain) {
    answer(Error{.code = ErrorCode::invalid_argument, .message = "url: must be http or https"});
    make(options());
    run_for(24h);
    answer("a");
    flow_->configure(options(), nullptr, {});
    run_for(24h);
    EXPECT_THAT(take(), ElementsAre("a"));
    EXPECT_TRUE(flow_->status().ready);
    EXPECT_FALSE(flow_->status().halted);
}

TEST_F(SourceFlowRuns, OtherFailuresAreTriedAgain) {
    make(options());
    for (const Error& error : {Error{.code = ErrorCode::rate_limited, .message = "later", .retryable = true},
                               Error{.code = ErrorCode::rate_limited, .message = "later", .retryable = false},
                               Error{.code = ErrorCode::not_authorized, .message = "a hiccup", .retryable = true},
                               Error{.code = ErrorCode::not_found, .message = "not there yet"},
                               Error{.code = ErrorCode::unavailable,
                               .message = "host api.example: SSL peer certificate or SSH remote key was not OK",
                               .retryable = true}}) {
        answer(error);
        const int before = fetches_;
        run_for(1h);
        EXPECT_GT(fetches_, before + 1) << error.message;
        EXPECT_FALSE(flow_->status().halted);
        EXPECT_FALSE(flow_->status().ready);
        EXPECT_THAT(flow_->status().detail, HasSubstr(error.message));
    }
    EXPECT_GT(flow_->status().polls.at("rate_limited"), 1U);
    EXPECT_GT(flow_->status().polls.at("unavailable"), 1U);
    EXPECT_THAT(lines_of_log("error"), IsEmpty());
}

TEST_F(SourceFlowRuns, ARowThatIsDiscardedIsDoneWithAndTheRunOfABatchToo) {
    answer("good bad");
    make(hourly());
    run_due();
    ASSERT_THAT(take(), ElementsAre("good", "bad"));
    taken_[0].settle(Settlement::acknowledged);
    taken_[1].settle(Settlement::discarded);
    run_for(59min);
    EXPECT_EQ(fetches_, 1) << "the run is not repeated";
    run_for(1min);
    EXPECT_EQ(fetches_, 2);
    EXPECT_THAT(take(), IsEmpty()) << "neither is the row";
    EXPECT_EQ(metrics_->snapshot().dropped_by_reason.at("refused"), 1U);
    EXPECT_EQ(flow_->status().mode.errors, 0U);
}

TEST_F(SourceFlowRuns, WithPauseNothingIsHandedOnWhileTheStoreIsAway) {
    SourceOptions pausing = options();
    pausing.deduplication.on_store_error = StoreErrorPolicy::pause;
    answer("a b");
    platform_.store().set_down(true);
    make(pausing);
    run_for(10min);
    EXPECT_EQ(fetches_, 1) << "what it brought waits";
    EXPECT_THAT(take(), IsEmpty());
    EXPECT_THAT(flow_->status().detail, HasSubstr("its rows wait for the store"));
    EXPECT_FALSE(flow_->status().ready);
    EXPECT_THAT(lines_of_log("warning"), testing::Contains(HasSubstr("its rows wait")).Times(1));
    platform_.store().set_down(false);
    run_for(15s);
    EXPECT_THAT(take(), ElementsAre("a", "b"));
    EXPECT_TRUE(flow_->status().ready);
}

TEST_F(SourceFlowRuns, RowsThatWaitForTheStoreOutliveAChangeOfTheMode) {
    SourceOptions pausing = options();
    pausing.deduplication.on_store_error = StoreErrorPolicy::pause;
    answer("a");
    platform_.store().set_down(true);
    make(pausing);
    run_due();
    pausing.ingestion = {.mode = IngestionKind::batch, .schedule_interval = 1h};
    flow_->configure(pausing, nullptr, {});
    run_for(1s);
    platform_.store().set_down(false);
    run_for(15s);
    EXPECT_THAT(take_and_settle(), ElementsAre("a"));
    run_for(2h);
    EXPECT_GT(fetches_, 1);
}

TEST_F(SourceFlowRuns, ByDefaultRowsAreHandedOnAlthoughTheStoreIsAway) {
    answer("a b");
    platform_.store().set_down(true);
    make(options());
    run_due();
    EXPECT_THAT(take(), ElementsAre("a", "b"));
    EXPECT_TRUE(flow_->status().ready);
}

TEST_F(SourceFlowRuns, ABatchThatIsTakenOverGoesOnAtTheCursorOfTheOther) {
    const auto start = platform_.clock().system_now();
    answer("a");
    make(hourly());
    run_due();
    take_and_settle();
    run_for(40min);
    ASSERT_EQ(last_run(), start);
    tenure_ = 2; // lost and regained between two runs
    save_last_run(start + 30min);
    run_for(49min);
    EXPECT_EQ(fetches_, 1) << "the other one ran at 30 min";
    run_for(1min);
    EXPECT_EQ(fetches_, 2);
}

TEST_F(SourceFlowRuns, WhoIsNotTheOwnerSavesNoCursor) {
    const auto start = platform_.clock().system_now();
    answer("a");
    make(hourly());
    run_due();
    (void)take();
    run_for(40min);
    tenure_.reset();
    save_last_run(start + 30min);
    settle();
    run_for(10min);
    EXPECT_EQ(last_run(), start + 30min);
    answer("b");
    tenure_ = 2;
    run_for(41min);
    take_and_settle();
    run_for(1min);
    EXPECT_EQ(last_run(), start + 90min);
}

TEST_F(SourceFlowRuns, WithoutTheLeaseItIsNotPolled) {
    answer("a");
    tenure_.reset();
    make(options());
    run_for(1h);
    EXPECT_EQ(fetches_, 0);
    EXPECT_EQ(flow_->status().detail, "another process polls it");
    EXPECT_TRUE(flow_->status().ready);
    sharing_in_trouble_ = true;
    EXPECT_EQ(flow_->status().detail, "the store is away: who polls it cannot be decided");
    EXPECT_FALSE(flow_->status().ready);
    sharing_in_trouble_ = false;
    tenure_ = 1;
    run_for(1s);
    EXPECT_EQ(fetches_, 1);
}

TEST_F(SourceFlowRuns, OtherHttpOptionsAreInEffectFromTheNextPollOn) {
    answer("a");
    SourceOptions source = options();
    source.http.user_agent = "one";
    source.api = ApiClientOptions{};
    make(source);
    run_due();
    flow_->configure(source, nullptr, {});
    run_for(1min);
    EXPECT_THAT(outside_.user_agents, ElementsAre("one"));
    source.http.user_agent = "two";
    flow_->configure(source, nullptr, {});
    run_for(1min);
    EXPECT_THAT(outside_.user_agents, ElementsAre("one", "two"));
}

TEST_F(SourceFlowRuns, IdsAreKnownAlthoughTheTimeTheyAreKeptForChanges) {
    for (const bool with_store : {true, false}) {
        platform_.store().set_down(!with_store);
        answer(with_store ? "a b" : "c d");
        SourceOptions source = options();
        make(source);
        run_due();
        EXPECT_THAT(take_and_settle(), SizeIs(2));
        source.deduplication.ttl = 24h;
        flow_->configure(source, nullptr, {});
        run_for(1h);
        EXPECT_THAT(take(), IsEmpty()) << with_store;
    }
}

TEST_F(SourceFlowRuns, AnAnswerOfWhichEachRowIsRejectedIsTrouble) {
    make(options());
    flow_->configure(options(), nullptr, [](const Response& response, SourceContext& context) {
        if (response.body == "bad") {
            context.reject("one", "lat: 95 is not from -90 to 90");
            context.reject("two", "lat: 96 is not from -90 to 90");
        } else {
            context.reject("one", "lat: 95 is not from -90 to 90");
            read_words(response, context);
        }
    });
    answer("good");
    run_for(2min);
    EXPECT_TRUE(flow_->status().ready) << "one bad row among good ones is its own trouble";
    answer("bad");
    run_for(10min);
    EXPECT_FALSE(flow_->status().ready);
    EXPECT_THAT(flow_->status().detail, HasSubstr("each row of the answer was rejected, 2 in all; the first: lat: 95"));
    EXPECT_GT(flow_->status().age_seconds.value_or(0), 500);
    EXPECT_GT(flow_->status().polls.at("rejected"), 5U);
    EXPECT_THAT(lines_of_log("warning"), testing::Contains(HasSubstr("each row")).Times(1));
    answer("good again");
    run_for(1min);
    EXPECT_TRUE(flow_->status().ready);
}

TEST_F(SourceFlowRuns, SaysOnceThatItsStoreIsAway) {
    make(options());
    platform_.store().set_down(true);
    for (int i = 0; i < 5; ++i) {
        answer("word" + std::to_string(i));
        run_for(1min);
        take_and_settle();
    }
    EXPECT_THAT(lines_of_log("warning"), testing::Contains(HasSubstr("repeated")).Times(1));
    platform_.store().set_down(false);
    answer("back");
    run_for(1min);
    EXPECT_THAT(lines_of_log("info"), testing::Contains(HasSubstr("store answers again")).Times(1));
}

TEST_F(SourceFlowRuns, WithoutDeduplicationEachAnswerGoesOutWhole) {
    answer("a b");
    SourceOptions source = options();
    make(source);
    run_due();
    EXPECT_THAT(take_and_settle(), ElementsAre("a", "b"));
    run_for(1min);
    EXPECT_THAT(take(), IsEmpty());
    source.deduplication.enabled = false;
    flow_->configure(source, nullptr, {});
    run_for(1min);
    EXPECT_THAT(take_and_settle(), testing::Contains("a"));
    answer("c");
    run_for(1min);
    take_and_settle();
    source.deduplication.enabled = true;
    flow_->configure(source, nullptr, {});
    run_for(1min);
    EXPECT_THAT(take_and_settle(), ElementsAre("c")) << "nothing was remembered of it";
    run_for(1h);
    EXPECT_THAT(take(), IsEmpty());
}

TEST_F(SourceFlowRuns, WhatCouldNotBeStoredIsStoredAtTheEnd) {
    answer("a b");
    make(options());
    run_due();
    platform_.store().set_down(true);
    take_and_settle();
    run_for(1s);
    platform_.store().set_down(false);
    platform_.clock().advance(1min);
    flow_->settle_rest();
    make(options());
    run_for(1h);
    EXPECT_THAT(take(), IsEmpty()) << "another process would know them";
}

TEST_F(SourceFlowRuns, RowsThatFoundNoRoomGoFirst) {
    queue_.configure({.max_size = 2});
    SourceOptions source = options();
    source.ingestion.buffer_size = 10;
    answer("a b c");
    make(source);
    run_due();
    EXPECT_TRUE(flow_->waits_for_room());
    answer("d");
    EXPECT_THAT(take(), ElementsAre("a", "b"));
    run_for(40s);
    EXPECT_THAT(take(), ElementsAre("c", "d"));
    EXPECT_FALSE(flow_->waits_for_room());
}

TEST_F(SourceFlowRuns, TopicsThatCouldNotBeMadeAreTriedAgainAndNothingIsPolledBefore) {
    platform_.broker().set_down(true);
    answer("a");
    make(options());
    run_for(30s);
    EXPECT_EQ(fetches_, 0);
    EXPECT_FALSE(flow_->status().ready);
    platform_.broker().set_down(false);
    run_for(1s);
    EXPECT_EQ(fetches_, 1);
    EXPECT_TRUE(flow_->status().ready);
}

TEST_F(SourceFlowRuns, WhatIsSettledIsSeenSoonAlthoughMoreIsOnItsWay) {
    answer("a b");
    make(options());
    run_due();
    (void)take();
    taken_[0].settle(Settlement::acknowledged);
    run_for(50ms);
    EXPECT_EQ(flow_->open_rows(), 2U) << "not each by itself";
    run_for(50ms);
    EXPECT_EQ(flow_->open_rows(), 1U);
    taken_[1].settle(Settlement::acknowledged);
    run_due();
    EXPECT_EQ(flow_->open_rows(), 0U) << "the last one at once";
}

TEST_F(SourceFlowRuns, InRealTimeTheRestOfAnAnswerComesWithTheNextInterval) {
    SourceOptions source = options();
    source.ingestion = {
        .mode = IngestionKind::real_time, .polling_interval = 30s, .max_records_per_poll = 2, .jitter = 0};
    answer("a b c d e");
    make(source);
    run_due();
    EXPECT_THAT(take_and_settle(), ElementsAre("a", "b"));
    answer("");
    run_for(29s);
    EXPECT_THAT(take(), IsEmpty());
    run_for(1s);
    EXPECT_THAT(take_and_settle(), ElementsAre("c", "d"));
    run_for(30s);
    EXPECT_THAT(take_and_settle(), ElementsAre("e"));
}

TEST_F(SourceFlowRuns, ANewConnectorIsNotLostWhenAnotherChangeFollowsAtOnce) {
    answer("a");
    make(options());
    struct Other final : streaming::Connector {
        Result<Response> fetch(const Request&) override { return Response{.body = "other"}; }
    };
    flow_->configure(options(), std::make_unique<Other>(), {});
    flow_->configure(options(), nullptr, {});
    run_due();
    EXPECT_THAT(take(), ElementsAre("other"));
}

TEST_F(SourceFlowRuns, ANewConnectorIsTakenAndTheOldOneIsEndedFirst) {
    struct Ended final : streaming::Connector {
        explicit Ended(std::vector<std::string>& events) : events_(events) {}
        Result<Response> fetch(const Request&) override { return Response{.status = Response::kNothing}; }
        ~Ended() override { events_.emplace_back("gone"); }
        void end() noexcept override { events_.emplace_back("ended"); }
        std::vector<std::string>& events_;
    };
    std::vector<std::string> events;
    answer("a");
    make(options());
    flow_->configure(options(), std::make_unique<Ended>(events), {});
    run_due();
    EXPECT_THAT(events, IsEmpty());
    flow_->configure(options(), std::make_unique<Connector>(*this), {});
    run_due();
    EXPECT_THAT(events, ElementsAre("ended", "gone"));
}

} // namespace
