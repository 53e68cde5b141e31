#include "core/streaming/ingestion/ingestion_mode_factory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/mode_fixture.hpp"

namespace streaming {
namespace {

struct IngestionModeFactoryTest : testing_support::ModeFixture {
    Result<std::unique_ptr<IngestionMode>> create(const IngestionOptions& options) {
        return IngestionModeFactory::create_mode(options, {.clock = clock, .log = log, .source = "s"});
    }
};

TEST_F(IngestionModeFactoryTest, MakesTheModeThatIsNamed) {
    for (const auto kind : {IngestionKind::batch, IngestionKind::real_time, IngestionKind::continuous_streaming}) {
        const auto mode = create({.mode = kind});
        ASSERT_TRUE(mode.ok());
        EXPECT_EQ(mode.value()->kind(), kind);
        EXPECT_EQ(mode.value()->counts().polls, 0U);
    }
}

TEST_F(IngestionModeFactoryTest, RefusesAScheduleOrDateThatIsNone) {
    EXPECT_EQ(create({.mode = IngestionKind::batch, .schedule_cron = "never"}).error().code,
              ErrorCode::invalid_argument);
    EXPECT_EQ(create({.mode = IngestionKind::batch, .backfill_from = "never"}).error().code,
              ErrorCode::invalid_argument);
    EXPECT_EQ(
        create({.mode = IngestionKind::batch, .backfill_from = "2026-01-01", .backfill_to = "never"}).error().code,
        ErrorCode::invalid_argument);
    EXPECT_TRUE(create({.mode = IngestionKind::real_time, .schedule_cron = "never"}).ok()) << "of another mode";
}

} // namespace
} // namespace streaming
