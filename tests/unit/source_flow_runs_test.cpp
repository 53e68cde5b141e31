#include "tests/support/source_fixture.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SourceFlowRuns : public tests::SourceFixture {};

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
                               Error{.code = ErrorCode::not_found, .message = "not there yet"}}) {
        answer(error);
        const int before = fetches_;
        run_for(1h);
        EXPECT_GT(fetches_, before + 1) << error.message;
        EXPECT_FALSE(flow_->status().halted);
    }
    EXPECT_GT(flow_->status().polls.at("rate_limited"), 1U);
    EXPECT_THAT(lines_of_log("error"), IsEmpty());
}

TEST_F(SourceFlowRuns, ARowThatIsDiscardedIsDoneWithAndTheRunOfABatchToo) {
    SourceOptions batch = options();
    batch.ingestion = {.mode = IngestionKind::batch, .schedule_interval = 1h};
    answer("good bad");
    make(batch);
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

} // namespace
