#pragma once

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <sstream>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/memory_cursor_store.hpp"
#include "core/streaming/orchestration/source_flow.hpp"
#include "core/streaming/testing/fake_platform.hpp"

namespace tests {

/// One SourceFlow, run by the test itself: no thread, no drain. Its answers are words; each is a row, its own key.
class SourceFixture : public testing::Test {
protected:
    using Settlement = streaming::Settlement;
    using Time = streaming::Clock::steady_time;

    /// The fakes, and which HTTP clients were asked for.
    class Outside final : public streaming::Platform {
    public:
        explicit Outside(streaming::fakes::Platform& fakes) : fakes_(fakes) {}
        std::unique_ptr<streaming::MessageConsumer> consumer(const streaming::KafkaOptions& kafka,
                                                             const streaming::ConsumerOptions& options) override {
            return fakes_.consumer(kafka, options);
        }
        std::unique_ptr<streaming::MessageProducer> producer(const streaming::KafkaOptions& kafka,
                                                             const streaming::ProducerOptions& options) override {
            return fakes_.producer(kafka, options);
        }
        std::unique_ptr<streaming::TopicAdmin> topics(const streaming::KafkaOptions& kafka) override {
            return fakes_.topics(kafka);
        }
        std::unique_ptr<streaming::LagProbe> lag(const streaming::KafkaOptions& kafka) override {
            return fakes_.lag(kafka);
        }
        std::unique_ptr<streaming::KeyValueStore> store(const streaming::RedisOptions& redis) override {
            return fakes_.store(redis);
        }
        std::unique_ptr<streaming::HttpClient> http(const streaming::HttpOptions& http) override {
            user_agents.push_back(http.user_agent);
            return fakes_.http(http);
        }
        streaming::Clock& clock() override { return fakes_.clock(); }

        std::vector<std::string> user_agents{};

    private:
        streaming::fakes::Platform& fakes_;
    };

    /// Several processes have these cursors. Borrows them.
    class SharedCursors final : public streaming::CursorStore {
    public:
        explicit SharedCursors(streaming::CursorStore& cursors) : cursors_(cursors) {}
        streaming::Result<std::optional<std::string>> load(std::string_view name) override {
            return cursors_.load(name);
        }
        streaming::Status save(std::string_view name, std::string_view value) override {
            return cursors_.save(name, value);
        }

    private:
        streaming::CursorStore& cursors_;
    };

    /// Borrows the fixture.
    class Connector final : public streaming::Connector {
    public:
        explicit Connector(SourceFixture& test) : test_(test) {}
        streaming::Result<streaming::Response> fetch(const Request&) override {
            ++test_.fetches_;
            return test_.answer_();
        }

    private:
        SourceFixture& test_;
    };

    SourceFixture() { EXPECT_TRUE(connections_.start({}).ok()); }

    /// In continuous_streaming, polled each 30 s.
    static streaming::SourceOptions options() { return {.name = "words", .topic = "readings"}; }
    static void read_words(const streaming::Response& response, streaming::SourceContext& context) {
        std::istringstream words(response.body);
        for (std::string word; words >> word;) {
            context.emit_data("word.read", word, {.key = word}, "\"" + word + "\"");
        }
    }
    void answer(const std::string& words) {
        answer_ = [words] { return streaming::Result<streaming::Response>(streaming::Response{.body = words}); };
    }
    void answer(streaming::Error error) {
        answer_ = [error] { return streaming::Result<streaming::Response>(error); };
    }
    streaming::SourceFlow& make(streaming::SourceOptions options) {
        flow_ = std::make_shared<streaming::SourceFlow>(
            streaming::SourceFlow::Dependencies{
                .connections = connections_,
                .clock = platform_.clock(),
                .log = log_,
                .queue = queue_,
                .resolver = resolver_,
                .shadow_log = connections_.shadow_log(),
                .line = line_,
                .tenure = [this](const std::string&) { return tenure_; },
                .sharing_in_trouble = [this] { return sharing_in_trouble_; },
                .wake = [this](const streaming::SourceFlow&, Time time) { woken_ = std::min(woken_, time); },
                .cursors = std::make_unique<SharedCursors>(cursors_),
                .account = std::make_shared<streaming::detail::SourceAccount>(metrics_)},
            "service",
            streaming::SourcePlan{
                .options = std::move(options), .connector = std::make_unique<Connector>(*this), .handler = read_words});
        EXPECT_TRUE(flow_->start().ok());
        due_ = platform_.clock().now();
        return *flow_;
    }
    /// Runs it whenever it is due, as the scheduler does.
    void run_for(std::chrono::nanoseconds time) {
        const Time end = platform_.clock().now() + time;
        for (;;) {
            const Time due = std::min(std::exchange(woken_, Time::max()), due_);
            if (due > end) {
                woken_ = due;
                break;
            }
            if (due > platform_.clock().now()) {
                platform_.clock().advance(due - platform_.clock().now());
            }
            flow_->run(stop_.get_token());
            due_ = flow_->next_run();
        }
        platform_.clock().advance(end - platform_.clock().now());
    }
    void run_due() { run_for(std::chrono::nanoseconds{0}); }

    /// Takes all out of the queue; returns their keys.
    std::vector<std::string> take() {
        std::vector<std::string> keys;
        for (streaming::IngestionRecord& record : queue_.take_all()) {
            keys.push_back(record.key);
            taken_.push_back(std::move(record));
        }
        return keys;
    }
    /// What became of those that were taken.
    void settle(Settlement settlement = Settlement::acknowledged) {
        for (const streaming::IngestionRecord& record : std::exchange(taken_, {})) {
            record.settle(settlement);
        }
    }
    std::vector<std::string> take_and_settle(Settlement settlement = Settlement::acknowledged) {
        std::vector<std::string> keys = take();
        settle(settlement);
        return keys;
    }
    [[nodiscard]] std::vector<std::string> lines_of_log(const std::string& level) const {
        std::vector<std::string> lines;
        std::istringstream text(logged_.str());
        for (std::string line; std::getline(text, line);) {
            if (line.find("[" + level + "]") != std::string::npos) {
                lines.push_back(line);
            }
        }
        return lines;
    }

    streaming::fakes::Platform platform_{};
    Outside outside_{platform_};
    streaming::MemoryCursorStore cursors_{};
    streaming::ConnectionManager connections_{
        outside_,
        {.kafka = {.bootstrap_servers = "fake:9092"}, .redis = streaming::RedisOptions{.url = "redis://fake:6379"}}};
    std::ostringstream logged_{};
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged_)};
    streaming::detail::RoomLine line_{platform_.clock(), std::chrono::seconds(10)};
    streaming::QueueManager queue_{platform_.clock(), {}};
    streaming::TopicResolver resolver_{{}, {"readings"}, log_};
    std::shared_ptr<streaming::FlowMetrics> metrics_ =
        std::make_shared<streaming::FlowMetrics>(streaming::FlowLabels{});
    std::function<streaming::Result<streaming::Response>()> answer_{};
    int fetches_ = 0;
    std::optional<std::uint64_t> tenure_ = 0; ///< absent = another process polls it
    bool sharing_in_trouble_ = false;
    Time woken_ = Time::max();
    Time due_{};
    std::stop_source stop_{};
    std::vector<streaming::IngestionRecord> taken_{};
    std::shared_ptr<streaming::SourceFlow> flow_{}; ///< ends first
};

} // namespace tests
