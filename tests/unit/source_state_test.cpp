#include "core/streaming/ingestion/source_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/ingestion/source_context.hpp"
#include "core/streaming/testing/fake_clock.hpp"

namespace streaming {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct Seen {
    static constexpr std::string_view event_type = "thing.seen";
    std::string text{};
};
struct SeenAgain : Seen {
    static constexpr std::string_view event_type = "thing.revised";
    unsigned number = 0;
};
struct Gone {
    static constexpr std::string_view event_type = "thing.gone";
    std::string text{};
};
void to_json(nlohmann::json& into, const Seen& seen) { into = {{"text", seen.text}}; }
void to_json(nlohmann::json& into, const SeenAgain& seen) { into = {{"text", seen.text}, {"number", seen.number}}; }
void to_json(nlohmann::json& into, const Gone& gone) { into = {{"text", gone.text}}; }
[[maybe_unused]] void from_json(const nlohmann::json& from, Seen& seen) { from.at("text").get_to(seen.text); }
[[maybe_unused]] void from_json(const nlohmann::json& from, SeenAgain& seen) { from.at("text").get_to(seen.text); }
[[maybe_unused]] void from_json(const nlohmann::json& from, Gone& gone) { from.at("text").get_to(gone.text); }

class SourceStateTest : public testing::Test {
protected:
    using Things = std::vector<std::pair<std::string, std::string>>; ///< key, content

    template <class Handler>
    std::vector<SourceRow> answer(Handler handler) {
        SourceContext context(
            {.service = "s", .source = "source", .log = log_, .now = clock_.system_now(), .state = &state_}, {});
        handler(context);
        return std::move(context.rows());
    }
    /// Type and text of what one answer of these things becomes.
    std::vector<std::string> read(const Things& things) { return texts(rows_of(things)); }
    std::vector<SourceRow> rows_of(const Things& things) {
        return answer([&](SourceContext& context) {
            for (const auto& [key, content] : things) {
                context.emit_revisable(key, key, Seen{content}, content,
                                       [](const Seen& seen, const Revision& revision) {
                                           return SeenAgain{{seen.text}, revision.number};
                                       });
            }
        });
    }
    /// The same for a list of what is active.
    std::vector<SourceRow> list(const std::vector<std::string>& active, bool ends = true) {
        return answer([&](SourceContext& context) {
            for (const std::string& key : active) {
                context.listed("list", key, "kafka " + key, "summary of " + key);
                const Revision revision = context.revision_of(key, "content");
                context.emit(SourceContext::revised_key(key, revision), key, Seen{key});
            }
            context.ended("list", [&](Ended& end) {
                if (ends) {
                    context.emit(SourceContext::ended_key(end), end.kafka_key, Gone{end.summary});
                }
                return ends;
            });
        });
    }
    static std::vector<std::string> texts(const std::vector<SourceRow>& rows) {
        std::vector<std::string> all;
        for (const SourceRow& row : rows) {
            const auto event = nlohmann::json::parse(row.payload);
            all.push_back(event.at("type").get<std::string>().substr(6) + ' ' +
                          event.at("data").at("text").get<std::string>());
        }
        return all;
    }

    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    fakes::FakeClock clock_{};
    SourceState state_{std::chrono::hours(48)};
};

TEST_F(SourceStateTest, WhatIsReadAgainIsTheSameEvent) {
    const auto first = rows_of({{"k", "a"}});
    const auto again = rows_of({{"k", "a"}});
    EXPECT_THAT(texts(first), ElementsAre("seen a"));
    EXPECT_THAT(texts(again), ElementsAre("seen a"));
    EXPECT_EQ(again[0].id, first[0].id);
}

TEST_F(SourceStateTest, OtherContentIsARevisionWithTheHashOfWhatItReplaces) {
    (void)rows_of({{"k", "a"}, {"l", "a"}});
    std::vector<Revision> revisions;
    (void)answer([&](SourceContext& context) { revisions.push_back(context.revision_of("k", "b")); });
    (void)answer([&](SourceContext& context) { revisions.push_back(context.revision_of("k", "c")); });
    EXPECT_EQ(revisions[0].number, 1U);
    EXPECT_EQ(revisions[1].number, 2U);
    EXPECT_EQ(revisions[1].previous, revisions[0].content);
    EXPECT_NE(revisions[0].previous, revisions[0].content);
    EXPECT_THAT(read({{"k", "c"}, {"l", "a"}}), ElementsAre("revised c", "seen a"));
}

TEST_F(SourceStateTest, WhatReturnsToOldContentIsARevisionOfItsOwn) {
    const std::string first = rows_of({{"k", "a"}})[0].id;
    const std::string second = rows_of({{"k", "b"}})[0].id;
    const auto third = rows_of({{"k", "a"}});
    EXPECT_THAT(texts(third), ElementsAre("revised a"));
    EXPECT_EQ((std::set<std::string>{first, second, third[0].id}.size()), 3U);
    EXPECT_EQ(rows_of({{"k", "a"}})[0].id, third[0].id);
}

TEST_F(SourceStateTest, AKeyThatStandsTwiceInAnAnswerIsOneEventWithEachAnswer) {
    for (int poll = 0; poll < 3; ++poll) {
        const auto rows = rows_of({{"k", "a"}, {"k", "b"}});
        ASSERT_THAT(rows, SizeIs(2));
        EXPECT_EQ(rows[0].id, rows[1].id) << "one id: sent once";
        EXPECT_THAT(texts(rows), ElementsAre("seen a", "seen b"));
    }
}

TEST_F(SourceStateTest, WhatWasNotSeenForLongIsForgotten) {
    (void)read({{"k", "a"}, {"l", "a"}});
    clock_.advance(std::chrono::hours(48));
    (void)read({{"k", "a"}});
    clock_.advance(std::chrono::hours(48));
    EXPECT_THAT(read({{"k", "b"}}), ElementsAre("revised b"));
    EXPECT_EQ(state_.revisions().size(), 1U) << "only what is younger than twice the ttl";
    clock_.advance(std::chrono::hours(96));
    EXPECT_THAT(read({{"k", "c"}}), ElementsAre("seen c"));
}

TEST_F(SourceStateTest, WhatLeavesAListEndsAndThatIsSaidAgain) {
    EXPECT_THAT(texts(list({"a", "b"})), ElementsAre("seen a", "seen b"));
    const auto first = list({"b"});
    EXPECT_THAT(texts(first), ElementsAre("seen b", "gone summary of a"));
    EXPECT_EQ(first[1].key, "kafka a");
    const auto again = list({"b"});
    EXPECT_THAT(texts(again), ElementsAre("seen b", "gone summary of a"));
    EXPECT_EQ(again[1].id, first[1].id);
    clock_.advance(std::chrono::hours(96));
    EXPECT_THAT(texts(list({"b"})), ElementsAre("seen b"));
}

TEST_F(SourceStateTest, WhatComesBackIsAnotherEventAndMayEndAgain) {
    const auto first = list({"a"});
    const auto gone = list({});
    const auto back = list({"a"});
    EXPECT_THAT(texts(back), ElementsAre("seen a"));
    EXPECT_NE(back[0].id, first[0].id);
    EXPECT_EQ(list({"a"})[0].id, back[0].id);
    const auto gone_again = list({});
    EXPECT_THAT(texts(gone_again), ElementsAre("gone summary of a"));
    EXPECT_NE(gone_again[0].id, gone[0].id);
}

TEST_F(SourceStateTest, AnEndThatIsNotBelievedIsAskedForAgain) {
    const auto first = list({"a"});
    EXPECT_THAT(list({}, false), IsEmpty());
    EXPECT_EQ(list({"a"})[0].id, first[0].id) << "it was there all the time";
    EXPECT_THAT(list({}, false), IsEmpty());
    EXPECT_THAT(list({}), SizeIs(1));
}

TEST_F(SourceStateTest, ARejectedAnswerEndsNothingAndListsNothing) {
    const auto first = list({"a"});
    (void)list({"b"});
    state_.reject_answer();
    const auto next = list({"a"});
    EXPECT_THAT(texts(next), ElementsAre("seen a"));
    EXPECT_EQ(next[0].id, first[0].id);
}

TEST_F(SourceStateTest, WhatHadEndedIsOneEndThoughARejectedAnswerListedItAgain) {
    (void)list({"a"});
    const auto gone = list({});
    (void)list({"a"});
    state_.reject_answer();
    const auto still_gone = list({});
    EXPECT_THAT(texts(still_gone), ElementsAre("gone summary of a"));
    EXPECT_EQ(still_gone[0].id, gone[0].id);
    const auto back = list({"a"});
    EXPECT_THAT(texts(back), ElementsAre("seen a"));
    const auto gone_again = list({});
    EXPECT_THAT(texts(gone_again), ElementsAre("gone summary of a"));
    EXPECT_NE(gone_again[0].id, gone[0].id);
}

TEST_F(SourceStateTest, ARejectedAnswerChangesNeitherTheSummaryNorHowOftenSomethingWasMissing) {
    (void)answer([](SourceContext& context) { context.listed("list", "a", "k", "before"); });
    (void)answer([](SourceContext& context) { context.listed("list", "a", "k", "rejected"); });
    state_.reject_answer();
    std::vector<std::string> asked;
    const auto ask = [&](SourceContext& context) {
        context.ended("list", [&](const Ended& end) {
            asked.push_back(end.summary + ' ' + std::to_string(end.missing));
            return false;
        });
    };
    (void)answer(ask);
    (void)answer(ask);
    state_.reject_answer();
    (void)answer(ask);
    EXPECT_THAT(asked, ElementsAre("before 1", "before 2", "before 2"));
}

TEST_F(SourceStateTest, WithoutAStateAnAnswerIsTheFirst) {
    for (int poll = 0; poll < 2; ++poll) {
        SourceContext context({.service = "s", .source = "source", .log = log_, .now = clock_.system_now()}, {});
        EXPECT_EQ(context.revision_of("k", std::to_string(poll)).number, 0U);
    }
}

TEST_F(SourceStateTest, WhatCannotBeLoadedSaysSo) {
    bool works = false;
    state_.load_with([&] { return works ? Status() : Status(Error{ErrorCode::unavailable, "no store", true}); });
    SourceContext context(
        {.service = "s", .source = "source", .log = log_, .now = clock_.system_now(), .state = &state_}, {});
    (void)context.revision_of("k", "a");
    ASSERT_TRUE(context.state_trouble().has_value());
    EXPECT_EQ(context.state_trouble()->message, "no store");
    EXPECT_TRUE(state_.is_used());
    works = true;
    EXPECT_THAT(read({{"k", "a"}}), ElementsAre("seen a"));
    EXPECT_TRUE(state_.is_loaded());
}

} // namespace
} // namespace streaming
