#pragma once

#include <gmock/gmock.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/memory_cursor_store.hpp"
#include "core/streaming/orchestration/source_scheduler.hpp"
#include "core/streaming/testing/fake_platform.hpp"

namespace tests {

/// Sources under the real scheduler with its threads, on a time that goes on when none of the threads has anything left
/// to do now. All share one ApiHosts. What they fetch has no rows.
class ScheduledSources : public testing::Test {
protected:
    using Time = streaming::Clock::steady_time;

    struct Poll {
        std::string source{};
        Time begin{};
        bool past = false; ///< a window of a backfill
        bool ok = false;
        friend bool operator==(const Poll&, const Poll&) = default;
    };
    struct Asked {
        std::string url{};
        std::size_t cost = 0;
        Time time{};
    };
    struct Served {
        long status = 200;
        std::chrono::milliseconds after{0};
    };
    using Server = std::function<Served(const streaming::HttpRequest&)>;

    explicit ScheduledSources(std::size_t threads = 4) : threads_(threads), scheduler_(platform_.clock(), threads) {
        EXPECT_TRUE(connections_.start({}).ok());
    }
    ~ScheduledSources() override {
        (void)scheduler_.hold(clock().now());
        scheduler_.end();
    }

    streaming::fakes::FakeClock& clock() { return platform_.clock(); }
    [[nodiscard]] streaming::ApiHosts& hosts() { return hosts_; }
    [[nodiscard]] streaming::detail::SourceScheduler& scheduler() { return scheduler_; }
    void serve(Server server) { server_ = std::move(server); }

    /// It asks for `url`; `days` is what that costs, and what a window does.
    struct Asks {
        std::string url{};
        std::size_t days = 1;
        std::size_t days_of_window = 1;
    };
    std::shared_ptr<streaming::SourceFlow> add(streaming::SourceOptions options, const Asks& asks) {
        auto connector = std::make_unique<Connector>(*this, options.name, asks);
        auto source = std::make_shared<streaming::SourceFlow>(
            streaming::SourceFlow::Dependencies{
                .connections = connections_,
                .clock = clock(),
                .log = log_,
                .queue = queue_,
                .resolver = resolver_,
                .shadow_log = connections_.shadow_log(),
                .line = line_,
                .tenure =
                    [this](const std::string&) {
                        ++asked_for_tenure_;
                        return std::optional<std::uint64_t>(0);
                    },
                .wake = [this](const streaming::SourceFlow& flow, Time time) { scheduler_.wake(flow, time); },
                .cursors = std::make_unique<streaming::MemoryCursorStore>(),
                .account = std::make_shared<streaming::detail::SourceAccount>(
                    std::make_shared<streaming::FlowMetrics>(streaming::FlowLabels{})),
                .api_hosts = &hosts_},
            "service",
            streaming::SourcePlan{.options = std::move(options),
                                  .connector = std::move(connector),
                                  .handler = [](const streaming::Response&, streaming::SourceContext&) {}});
        EXPECT_TRUE(source->start().ok());
        EXPECT_TRUE(scheduler_.add(source));
        return source;
    }

    /// Returns when each thread has looked, found nothing to do, and waits for its time.
    void settle_down() {
        const auto guard = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        for (std::uint64_t before = ~std::uint64_t{0}, now = work(); before != now;) {
            before = now;
            clock().wake_all();
            for (auto seen = platform_.activity().count(); clock().waiters() < threads_;
                 seen = platform_.activity().count()) {
                ASSERT_TRUE(platform_.activity().wait_past(seen, guard)) << clock().waiters() << " threads wait";
            }
            now = work();
        }
    }
    /// Lets time go on for so long, or a little longer: to when something is due. With as many sources as threads, or
    /// more.
    void run_for(std::chrono::nanoseconds time) {
        for (const Time end = clock().now() + time; clock().now() < end;) {
            settle_down();
            ASSERT_TRUE(clock().advance_to_next_deadline()) << "nothing is going to be due";
        }
        settle_down();
    }
    /// Grows with each run of a source, by a few.
    [[nodiscard]] std::size_t asked_for_tenure() const noexcept { return asked_for_tenure_; }
    [[nodiscard]] std::vector<Poll> polls() const {
        const std::scoped_lock lock(mutex_);
        return polls_;
    }
    [[nodiscard]] std::vector<Poll> polls_of(const std::string& source) const {
        std::vector<Poll> found = polls();
        std::erase_if(found, [&](const Poll& poll) { return poll.source != source; });
        return found;
    }
    /// Requests that came, in order.
    [[nodiscard]] std::vector<Asked> asked() const {
        const std::scoped_lock lock(mutex_);
        return asked_;
    }

private:
    /// The fakes, with the test's server.
    class Outside final : public streaming::Platform {
    public:
        explicit Outside(ScheduledSources& test) : test_(test) {}
        std::unique_ptr<streaming::MessageConsumer> consumer(const streaming::KafkaOptions& kafka,
                                                             const streaming::ConsumerOptions& options) override {
            return test_.platform_.consumer(kafka, options);
        }
        std::unique_ptr<streaming::MessageProducer> producer(const streaming::KafkaOptions& kafka,
                                                             const streaming::ProducerOptions& options) override {
            return test_.platform_.producer(kafka, options);
        }
        std::unique_ptr<streaming::TopicAdmin> topics(const streaming::KafkaOptions& kafka) override {
            return test_.platform_.topics(kafka);
        }
        std::unique_ptr<streaming::LagProbe> lag(const streaming::KafkaOptions& kafka) override {
            return test_.platform_.lag(kafka);
        }
        std::unique_ptr<streaming::KeyValueStore> store(const streaming::RedisOptions& redis) override {
            return test_.platform_.store(redis);
        }
        std::unique_ptr<streaming::HttpClient> http(const streaming::HttpOptions&) override {
            return std::make_unique<Http>(test_);
        }
        streaming::Clock& clock() override { return test_.clock(); }

    private:
        ScheduledSources& test_;
    };

    class Http final : public streaming::HttpClient {
    public:
        explicit Http(ScheduledSources& test) : test_(test) {}
        streaming::Result<streaming::HttpResponse> get(const streaming::HttpRequest& request,
                                                       std::stop_token stop) override {
            std::unique_lock lock(test_.mutex_);
            ++test_.work_;
            test_.asked_.push_back({.url = request.url, .cost = request.cost, .time = test_.clock().now()});
            const Served served = test_.server_(request);
            const Time end = test_.clock().now() + served.after;
            while (test_.clock().now() < end && !stop.stop_requested()) {
                test_.clock().wait_until(lock, test_.changed_, end, stop);
            }
            return streaming::HttpResponse{.status = served.status};
        }

    private:
        ScheduledSources& test_;
    };

    class Connector final : public streaming::Connector {
    public:
        Connector(ScheduledSources& test, std::string source, Asks asks)
            : test_(test), source_(std::move(source)), asks_(std::move(asks)) {}
        streaming::Result<streaming::Response> fetch(const Request& request) override {
            Poll poll{.source = source_, .begin = test_.clock().now(), .past = request.window.has_value()};
            const auto answer = request.http.get(
                {.url = asks_.url, .cost = poll.past ? asks_.days_of_window : asks_.days}, request.stop);
            poll.ok = answer.ok() && answer.value().status == 200;
            const std::scoped_lock lock(test_.mutex_);
            ++test_.work_;
            test_.polls_.push_back(poll);
            if (!poll.ok) {
                return streaming::Error{.code = streaming::ErrorCode::unavailable, .message = "no", .retryable = true};
            }
            return streaming::Response{.status = streaming::Response::kNothing};
        }

    private:
        ScheduledSources& test_;
        const std::string source_;
        const Asks asks_;
    };

    [[nodiscard]] std::uint64_t work() const {
        const std::scoped_lock lock(mutex_);
        return work_;
    }

    std::atomic<std::size_t> asked_for_tenure_{0};
    const std::size_t threads_;
    streaming::fakes::Platform platform_{};
    Outside outside_{*this};
    streaming::ConnectionManager connections_{outside_, {.kafka = {.bootstrap_servers = "fake:9092"}}};
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    streaming::detail::RoomLine line_{clock(), std::chrono::seconds(10)};
    streaming::QueueManager queue_{clock(), {}};
    streaming::TopicResolver resolver_{{}, {"readings"}, log_};
    streaming::ApiHosts hosts_{{.clock = clock()}};
    mutable std::mutex mutex_{}; ///< of all below
    std::condition_variable_any changed_{};
    Server server_{};
    std::uint64_t work_ = 0; ///< grows whenever something is done
    std::vector<Poll> polls_{};
    std::vector<Asked> asked_{};
    streaming::detail::SourceScheduler scheduler_;
};

} // namespace tests
