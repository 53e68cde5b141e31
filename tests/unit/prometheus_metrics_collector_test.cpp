#include "core/streaming/reliability/prometheus_metrics_collector.hpp"

#include <gmock/gmock.h>

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct PrometheusMetricsCollectorTest : testing::Test {
    PrometheusMetricsCollector collector{};
    std::shared_ptr<FlowMetrics> flow = collector.flow({"weather", "alerts"});
};

TEST_F(PrometheusMetricsCollectorTest, ShowsEveryNumberOfTheContract) {
    FlowCounts counts;
    counts.consumed = 10;
    counts.in_flight = 2;
    counts.retries = 3;
    counts.lag_records = 7;
    counts.lag_seconds = 1.5;
    counts.oldest_unfinished_seconds = 0.25;
    counts.dedup_store_errors = 4;
    counts.sent = 5;
    counts.send_failed = 6;
    counts.finish(Outcome::handled, "");
    counts.finish(Outcome::duplicate, "");
    counts.finish(Outcome::ignored, "tombstone");
    counts.finish(Outcome::dead_lettered, "Malformed");
    counts.finish(Outcome::dropped, "HandlerError");
    flow->publish(counts);
    const std::string labels = R"({service="weather",flow="alerts")";
    const std::string text = collector.scrape();
    for (const auto& line :
         {"tributary_records_consumed_total" + labels + "} 10", "tributary_records_handled_total" + labels + "} 1",
          "tributary_records_duplicate_total" + labels + "} 1",
          "tributary_records_ignored_total" + labels + R"(,reason="tombstone"} 1)",
          "tributary_records_dead_lettered_total" + labels + R"(,class="Malformed"} 1)",
          "tributary_records_dropped_total" + labels + R"(,reason="HandlerError"} 1)",
          "tributary_records_in_flight" + labels + "} 2", "tributary_retries_total" + labels + "} 3",
          "tributary_lag_records" + labels + "} 7", "tributary_lag_seconds" + labels + "} 1.5",
          "tributary_oldest_unfinished_seconds" + labels + "} 0.25",
          "tributary_dedup_store_errors_total" + labels + "} 4", "tributary_producer_sent_total" + labels + "} 5",
          "tributary_producer_failed_total" + labels + "} 6"}) {
        EXPECT_THAT(text, HasSubstr(line + "\n"));
    }
}

TEST_F(PrometheusMetricsCollectorTest, AnUnknownLagIsAbsentAndNotZero) {
    EXPECT_THAT(collector.scrape(),
                AllOf(Not(HasSubstr("tributary_lag_records")), Not(HasSubstr("tributary_lag_seconds"))));
}

TEST_F(PrometheusMetricsCollectorTest, FoldsHandlerTimesIntoAFewBuckets) {
    FlowCounts counts;
    for (const auto time : {3us, 300us, 300us}) {
        counts.handler_time.record(time);
    }
    counts.handler_time.record(2s);
    flow->publish(counts);
    const std::string text = collector.scrape();
    const std::string labels = R"({service="weather",flow="alerts")";
    for (const auto& line : {labels + R"(,le="1e-05"} 1)", labels + R"(,le="0.001"} 3)", labels + R"(,le="0.5"} 3)",
                             labels + R"(,le="5"} 4)", labels + R"(,le="+Inf"} 4)"}) {
        EXPECT_THAT(text, HasSubstr("tributary_handler_seconds_bucket" + line + "\n"));
    }
    EXPECT_THAT(text, HasSubstr("tributary_handler_seconds_count" + labels + "} 4\n"));
}

TEST_F(PrometheusMetricsCollectorTest, GivesOneFlowToOneLabel) {
    EXPECT_EQ(collector.flow({"weather", "alerts"}), flow);
    EXPECT_NE(collector.flow({"weather", "other"}), flow);
    EXPECT_EQ(collector.flows().size(), 2U);
    EXPECT_EQ(collector.flows()[0].first, (FlowLabels{"weather", "alerts"}));
}

TEST_F(PrometheusMetricsCollectorTest, ShowsAHundredValuesOfAMetricOverAllFlowsAndKeepsThem) {
    for (int flow_number = 0; flow_number < 3; ++flow_number) {
        FlowCounts counts;
        for (int i = 0; i < 90; ++i) {
            counts.finish(Outcome::ignored, "f" + std::to_string(flow_number) + "-" + std::to_string(i));
        }
        collector.flow({"weather", std::to_string(flow_number)})->publish(counts);
        (void)collector.scrape();
    }
    const std::string text = collector.scrape();
    std::size_t series = 0;
    for (std::size_t at = text.find("ignored_total{"); at != std::string::npos;
         at = text.find("ignored_total{", at + 1)) {
        ++series;
    }
    EXPECT_EQ(series, 102U); // a hundred, and `other` of two flows
    EXPECT_THAT(text, HasSubstr(R"(flow="0",reason="f0-89"} 1)"));
    EXPECT_THAT(text, HasSubstr(R"(flow="2",reason="other"} 90)"));
}

TEST_F(PrometheusMetricsCollectorTest, CountsWorkThatIsNoFlow) {
    collector.record_success({"weather", "poll"}, 3ms);
    collector.record_failure({"weather", "poll"}, "timeout");
    collector.record_failure({"weather", "poll"}, "timeout");
    const std::string text = collector.scrape();
    EXPECT_THAT(text, HasSubstr(R"(tributary_records_handled_total{service="weather",flow="poll"} 1)"));
    EXPECT_THAT(text, HasSubstr(R"(tributary_failures_total{service="weather",flow="poll",class="timeout"} 2)"));
}

TEST_F(PrometheusMetricsCollectorTest, EscapesLabelValues) {
    FlowCounts counts;
    counts.finish(Outcome::ignored, "a\"b\nc\\");
    flow->publish(counts);
    EXPECT_THAT(collector.scrape(), HasSubstr(R"(reason="a\"b\nc\\"} 1)"));
}

} // namespace
} // namespace streaming
