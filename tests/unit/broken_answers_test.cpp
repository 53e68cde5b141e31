#include <stdexcept>

#include "tests/support/source_fixture.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using BrokenAnswers = tests::SourceFixture;

TEST_F(BrokenAnswers, AnAnswerThatCannotBeUnderstoodIsDeadLetteredOnceUntilAGoodOneComes) {
    SourceOptions source = options();
    source.deduplication.enabled = false; // no id is remembered
    make(source);
    flow_->configure(source, nullptr, [](const Response& response, SourceContext& context) {
        if (response.body.starts_with("{")) {
            throw std::runtime_error("the answer is no JSON");
        }
        read_words(response, context);
    });
    answer("{cut");
    run_due();
    EXPECT_THAT(take_and_settle(), SizeIs(1));
    run_for(10min);
    EXPECT_THAT(take_and_settle(), IsEmpty());
    EXPECT_FALSE(flow_->status().ready);
    EXPECT_EQ(flow_->status().detail, "the answer is no JSON");
    EXPECT_GT(flow_->status().polls.at("malformed"), 3U);
    EXPECT_THAT(lines_of_log("warning"), testing::Contains(HasSubstr("cannot be understood")).Times(1));
    answer("{cut elsewhere");
    run_for(5min);
    EXPECT_THAT(take_and_settle(), SizeIs(1));
    answer("good");
    run_for(5min);
    EXPECT_TRUE(flow_->status().ready);
    (void)take_and_settle();
    answer("{cut");
    run_for(5min);
    EXPECT_THAT(take_and_settle(), SizeIs(1));
}

TEST_F(BrokenAnswers, ABrokenAnswerThatWasNotDeadLetteredIsTriedAgain) {
    SourceOptions source = options();
    source.deduplication.enabled = false;
    make(source);
    flow_->configure(source, nullptr,
                     [](const Response&, SourceContext&) { throw std::runtime_error("the answer is no JSON"); });
    answer("{cut");
    run_due();
    EXPECT_THAT(take_and_settle(Settlement::given_up), SizeIs(1));
    run_for(5min);
    EXPECT_THAT(take(), SizeIs(1));
}

} // namespace
