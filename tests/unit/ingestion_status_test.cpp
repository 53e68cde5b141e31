#include "core/streaming/orchestration/ingestion_status.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace {

using namespace streaming;

TEST(IngestionStatus, TellsTheLagOfNowFromTheMeanThatTheRateGoesBy) {
    detail::IngestionStatus status{.service = "ingest"};
    status.throttling.lag_records = 103;
    status.throttling.lag_records_now = 0;
    status.throttling.lag_seconds = 0;
    const nlohmann::json throttling = detail::numbers_of(status).at("throttling");
    EXPECT_EQ(throttling.at("lag_records"), 103);
    EXPECT_EQ(throttling.at("lag_records_now"), 0);
    const auto value = [samples = detail::samples_of(status)](const std::string& name) {
        const auto found = std::ranges::find(samples, name, &MetricSample::name);
        return found != samples.end() ? found->value : -1;
    };
    EXPECT_EQ(value("tributary_throttle_lag_records"), 103);
    EXPECT_EQ(value("tributary_throttle_lag_records_now"), 0);
}

TEST(IngestionStatus, SaysNothingOfALagThatIsNotKnown) {
    const detail::IngestionStatus status{.service = "ingest"};
    EXPECT_FALSE(detail::numbers_of(status).at("throttling").contains("lag_records_now"));
    EXPECT_TRUE(std::ranges::none_of(detail::samples_of(status), [](const MetricSample& sample) {
        return sample.name.starts_with("tributary_throttle_lag_records");
    }));
}

} // namespace
