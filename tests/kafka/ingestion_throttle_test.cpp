// Ingestion whose consumers fall behind.

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/streaming/infrastructure/curl_http_client.hpp"
#include "core/streaming/ingestion/standard_source_types.hpp"
#include "core/streaming/patterns/stream_manager.hpp"
#include "tests/kafka/feeder.hpp"
#include "tests/kafka/ingestion_test.hpp"
#include "tests/support/kafka_tools.hpp"

namespace tests {
namespace {

namespace testing_support = streaming::testing_support;
using namespace streaming;
using nlohmann::json;
using std::chrono::system_clock;

class IngestionThrottle : public IngestionTest {
protected:
    IngestionThrottle() {
        // One partition, its records stamped by the broker: offsets tell how many came when.
        out_ = make_topic(1, {{"message.timestamp.type", "LogAppendTime"}});
        group_ = out_ + "-readers";
    }

    /// What an API grows by, 200 a second, is more than may leave.
    [[nodiscard]] std::unique_ptr<StreamManager> start_manager(const NumberedApi& api, const std::string& rules) {
        const std::string config =
            files_.write("ingest.yaml",
                         surroundings(api) + "admin: 127.0.0.1:0\n" +
                             fmt::format("throttling: {{consumer_groups: [{}], min_send_rate: 10, max_send_rate: 100, "
                                         "lag_interval_seconds: 0.2, {}}}\n",
                                         group_, rules) +
                             "sources:\n" + source("numbers", 0.05));
        SourceTypes types;
        add_standard_source_types(types);
        auto manager = std::make_unique<StreamManager>(ConfigSources{.files = {config}},
                                                       StreamManager::Options{.types = std::move(types)});
        const auto started = manager->start();
        EXPECT_TRUE(started.ok()) << started.error().message;
        EXPECT_EQ(manager->start_all(), 1U);
        return manager;
    }
    [[nodiscard]] std::unique_ptr<ServiceOrchestrator> start_reader() {
        StreamServiceBuilder builder("reader", {.kafka = {.bootstrap_servers = servers()}});
        builder.add_consumer_handler<Numbered>({.topics = {out_},
                                                .group_id = group_,
                                                .commit_interval = 50ms,
                                                .session_timeout = 6s,
                                                .heartbeat_interval = 300ms},
                                               [](const Numbered&, Context&) {});
        auto reader = builder.build();
        const auto started = reader->start();
        EXPECT_TRUE(started.ok()) << started.error().message;
        return reader;
    }
    /// Looks with each 20 ms or so.
    [[nodiscard]] static bool await(const std::function<bool()>& condition, std::chrono::seconds patience = 30s) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() >= deadline) {
                return false;
            }
            (void)testing_support::await_end(servers(), "nothing-is-ever-written", 1, 20ms);
        }
        return true;
    }
    /// Records that the broker stored before then.
    [[nodiscard]] std::int64_t before(system_clock::time_point time) const {
        const auto offset = testing_support::offset_at(servers(), out_, 0, time);
        return offset >= 0 ? offset : testing_support::end_of(servers(), out_);
    }
    /// Records a second that the broker stored between two times.
    [[nodiscard]] double rate(system_clock::time_point from, system_clock::time_point to) const {
        return static_cast<double>(before(to) - before(from)) / std::chrono::duration<double>(to - from).count();
    }
    /// How long the broker stored nothing at most between two times, to 100 ms.
    [[nodiscard]] std::chrono::milliseconds longest_silence(system_clock::time_point from,
                                                            system_clock::time_point to) const {
        constexpr std::chrono::milliseconds kStep{100};
        std::chrono::milliseconds longest{0};
        std::chrono::milliseconds silence{0};
        std::int64_t last = before(from);
        for (auto time = from + kStep; time <= to; time += kStep) {
            const std::int64_t now = before(time);
            silence = now == last ? silence + kStep : 0ms;
            longest = std::max(longest, silence);
            last = now;
        }
        return longest;
    }
    [[nodiscard]] static std::string get(std::uint16_t port, const std::string& path) {
        CurlHttpClient http({});
        const auto answer = http.get({.url = "http://127.0.0.1:" + std::to_string(port) + path}, {});
        EXPECT_TRUE(answer.ok()) << path;
        return answer.ok() ? answer.value().body : "{}";
    }
    /// One sample of a page of /metrics; `labels` behind the service.
    [[nodiscard]] static double sample(const std::string& page, const std::string& name,
                                       const std::string& labels = "") {
        std::smatch found;
        const std::regex line("tributary_" + name + "\\{service=\"stream_manager\"" + labels + "\\} ([^\\n]+)");
        EXPECT_TRUE(std::regex_search(page, found, line)) << name << "\n" << page;
        return found.empty() ? -1 : std::stod(found[1]);
    }
    /// get_metrics, /api/status and /metrics, seen while nothing moved, say the same.
    static void expect_one_truth(StreamManager& manager) {
        const std::uint16_t port = manager.service().admin_port();
        json shown;
        json status;
        std::string page;
        ASSERT_TRUE(await([&] {
            shown = manager.get_metrics();
            status = json::parse(get(port, "/api/status"));
            page = get(port, "/metrics");
            const json again = manager.get_metrics();
            return shown.at("throttling") == again.at("throttling") && shown.at("producer") == again.at("producer");
        }));
        const json& throttling = shown.at("throttling");
        EXPECT_EQ(status.at("throttling"), throttling);
        EXPECT_EQ(status.at("producer"), shown.at("producer"));
        EXPECT_EQ(sample(page, "throttle_level"), throttling.at("backoff_level"));
        EXPECT_NEAR(sample(page, "throttle_send_rate"), throttling.at("send_rate").get<double>(), 0.001);
        EXPECT_EQ(sample(page, "throttle_adjustments_total"), throttling.at("rate_adjustments"));
        EXPECT_EQ(sample(page, "throttle_throttled_total"), throttling.at("throttled_count"));
        EXPECT_EQ(sample(page, "throttle_lag_records"), throttling.at("lag_records"));
        EXPECT_EQ(sample(page, "throttle_lag_records_now"), throttling.at("lag_records_now"));
        EXPECT_EQ(
            sample(page, "throttle_state", ",state=\"" + throttling.at("current_state").get<std::string>() + "\""), 1);
        EXPECT_EQ(sample(page, "wrapper_sent_total"), shown.at("producer").at("total_sent"));
    }
};

/// The mean lag of a minute decides, so a short stall soon after the start is over soon.
TEST_F(IngestionThrottle, SlowsDownWhenItsConsumerStopsAndReturnsToItsRate) {
    Feeder feeder(servers(), out_);
    feeder.feed(1); // so that the group has its place before records flow
    auto reader = start_reader();
    ASSERT_TRUE(await([&] { return reader->metrics().flows()[0].second.consumed == 1; }));
    NumberedApi api({.per_answer = 10, .window = 200});
    auto manager = start_manager(api, "target_consumer_lag: 50, critical_consumer_lag: 60");
    const auto throttling = [&] { return manager->get_metrics().at("throttling"); };
    ASSERT_TRUE(testing_support::await_end(servers(), out_, 400, 30s));
    EXPECT_EQ(throttling().at("current_state"), "allow") << throttling();

    const auto stall = system_clock::now();
    EXPECT_EQ(reader->stop(), 0U);
    ASSERT_TRUE(await([&] { return throttling().at("current_state") == "throttle_critical"; })) << throttling();
    const auto critical = system_clock::now();
    expect_one_truth(*manager);
    ASSERT_TRUE(await([&] { return throttling().at("backoff_level") == 2; })) << throttling();
    EXPECT_GE(longest_silence(stall, system_clock::now()), 1500ms)
        << "the first hold above critical lasts 2 s, below it 1 s";

    const auto again = system_clock::now();
    reader = start_reader();
    ASSERT_TRUE(await(
        [&] {
            const json now = throttling();
            return now.at("current_state") == "allow" && now.at("backoff_level") == 0 && now.at("send_rate") == 100;
        },
        120s)) // the mean of a minute decides, after a hold of up to 16 s
        << throttling();
    const auto back = system_clock::now();
    expect_one_truth(*manager);
    ASSERT_TRUE(testing_support::await_end(servers(), out_, testing_support::end_of(servers(), out_) + 300, 30s));
    const auto end = system_clock::now();

    const double before = rate(stall - 2s, stall);
    const double during = rate(critical, back - 3s); // until it climbs
    const double after = rate(back, end);
    EXPECT_GT(before, 50);
    EXPECT_LT(during, before / 2);
    EXPECT_GT(after, 50);
    EXPECT_EQ(reader->stop(), 0U);
    const auto seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
    std::cout << fmt::format(
        "{:.0f}/s before, {:.0f}/s throttled, {:.0f}/s after; critical {:.1f} s after the stop, "
        "back {:.1f} s after the start\n",
        before, during, after, seconds(critical - stall), seconds(back - again));
}

/// A standstill is known by then: what leaves falls to the least rate, and comes back with the consumer.
TEST_F(IngestionThrottle, AdaptiveFallsToTheLeastRateAndReturns) {
    Feeder feeder(servers(), out_);
    feeder.feed(1);
    auto reader = start_reader();
    ASSERT_TRUE(await([&] { return reader->metrics().flows()[0].second.consumed == 1; }));
    NumberedApi api({.per_answer = 10, .window = 200});
    auto manager = start_manager(api, "strategy: adaptive, target_consumer_lag: 200, critical_consumer_lag: 1000");
    const auto send_rate = [&] { return manager->get_metrics().at("throttling").at("send_rate").get<double>(); };
    const auto numbers = [&] { return manager->get_metrics().at("throttling").dump(); };
    ASSERT_TRUE(await([&] { return send_rate() > 90; }, 60s)) << numbers();
    ASSERT_TRUE(testing_support::await_end(servers(), out_, testing_support::end_of(servers(), out_) + 300, 30s));

    const auto stall = system_clock::now();
    EXPECT_EQ(reader->stop(), 0U);
    ASSERT_TRUE(await([&] { return send_rate() <= 10; }, 60s)) << numbers();
    const auto least = system_clock::now();
    ASSERT_TRUE(testing_support::await_end(servers(), out_, testing_support::end_of(servers(), out_) + 30, 30s));
    const auto again = system_clock::now();
    reader = start_reader();
    ASSERT_TRUE(await([&] { return send_rate() > 90; }, 60s)) << numbers();
    const auto back = system_clock::now();
    ASSERT_TRUE(testing_support::await_end(servers(), out_, testing_support::end_of(servers(), out_) + 300, 30s));
    const auto end = system_clock::now();

    const double before = rate(stall - 2s, stall);
    const double during = rate(least, again);
    const double after = rate(back, end);
    EXPECT_GT(before, 50);
    EXPECT_LT(during, before / 4);
    EXPECT_GT(after, 50);
    EXPECT_EQ(reader->stop(), 0U);
    const auto seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
    std::cout << fmt::format(
        "{:.0f}/s before, {:.0f}/s at the least, {:.0f}/s after; least {:.1f} s after the stop, "
        "back {:.1f} s after the start\n",
        before, during, after, seconds(least - stall), seconds(back - again));
}

} // namespace
} // namespace tests
