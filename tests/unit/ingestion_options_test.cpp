#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/ingestion/ingestion_settings.hpp"

namespace streaming {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Problems problems(const IngestionOptions& options) { return options.validate("sources.s.ingestion"); }

TEST(IngestionOptions, TakesSchedulesAndDates) {
    EXPECT_THAT(problems({}), IsEmpty());
    EXPECT_THAT(problems({.schedule_cron = "*/5 8-18 * * mon-fri",
                          .backfill_from = "2026-01-01",
                          .backfill_to = "2026-01-01T00:00:01+00:00"}),
                IsEmpty());
}

TEST(IngestionOptions, SaysWhatIsWrongWithASchedule) {
    EXPECT_THAT(
        problems({.schedule_cron = "0 25 * * *"}),
        ElementsAre("sources.s.ingestion.schedule_cron: '0 25 * * *': hour '25': '25' is not a number from 0 to 23"));
    EXPECT_THAT(
        problems({.schedule_cron = "0 0 30 feb *"}),
        ElementsAre("sources.s.ingestion.schedule_cron: '0 0 30 feb *': day-of-month '30' never comes in month 'feb'"));
}

TEST(IngestionOptions, SaysWhatIsWrongWithDates) {
    EXPECT_THAT(
        problems({.backfill_from = "yesterday", .backfill_to = "2026-02-30"}),
        ElementsAre("sources.s.ingestion.backfill_from: 'yesterday' is neither a date, such as 2026-01-31, nor a "
                    "time, such as 2026-01-31T00:00:00Z",
                    "sources.s.ingestion.backfill_to: '2026-02-30' is neither a date, such as 2026-01-31, nor a "
                    "time, such as 2026-01-31T00:00:00Z"));
    EXPECT_THAT(problems({.backfill_from = "2026-01-02", .backfill_to = "2026-01-02"}),
                ElementsAre("sources.s.ingestion.backfill_from: 2026-01-02 is not before backfill_to, 2026-01-02"));
    EXPECT_THAT(problems({.backfill_to = "2026-01-02"}),
                ElementsAre("sources.s.ingestion.backfill_to: means nothing without backfill_from"));
}

TEST(IngestionSettings, OnlyWhatIsConfiguredMustBeAllowed) {
    IngestionSettings settings{.topic_resolution = {.allowed_topics = {"zz"}}};
    EXPECT_THAT(settings.validate(), IsEmpty()) << "patterns and fallback that are there without being configured";
    settings.sources["s"] = {.source_type = "file", .topic = "t2"};
    EXPECT_THAT(settings.validate(), ElementsAre("sources.s.topic: 't2' is not in allowed_topics: 'zz'"));
    settings.topic_resolution.allowed_topics.assign(21, "zz");
    EXPECT_THAT(settings.validate(), ElementsAre(testing::EndsWith("'zz', 'zz', ...")));
    settings.topic_resolution.allowed_topics.clear();
    EXPECT_THAT(settings.validate(), IsEmpty());
}

TEST(SourceSettings, IdsAreRememberedForAsLongAsRowsAreShownAndOnePollMore) {
    using namespace std::chrono_literals;
    using std::chrono::days;
    SourceSettings source{.ingestion = {.mode = IngestionKind::batch, .schedule_interval = 1h}};
    EXPECT_EQ(source.deduplication_for(0s).ttl, 48h);
    EXPECT_EQ(source.deduplication_for(days(2)).ttl, 49h);
    EXPECT_EQ(source.deduplication_for(days(5)).ttl, 121h);
    source.ingestion.schedule_interval = days(30);
    EXPECT_EQ(source.deduplication_for(days(5)).ttl, days(10)) << "so seldom nothing is shown twice";
    source.ingestion.schedule_cron = "0 * * * *";
    EXPECT_EQ(source.deduplication_for(days(5)).ttl, days(10));
    source.ingestion = {.polling_interval = 600s};
    EXPECT_EQ(source.deduplication_for(days(5)).ttl, days(5) + 600s);
    source.deduplication.ttl = 3600s;
    EXPECT_EQ(source.deduplication_for(days(5)).ttl, 3600s) << "what is given stays";
}

} // namespace
} // namespace streaming
