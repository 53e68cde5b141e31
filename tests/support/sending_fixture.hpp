#pragma once

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/ingestion/producer_wrapper.hpp"
#include "core/streaming/testing/fake_broker.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_message_producer.hpp"

namespace tests {

/// Remembers every settlement of every id. Thread-safe.
class Settlements final : public streaming::SettlementListener {
public:
    void on_settled(std::string_view id, streaming::Settlement settlement) noexcept override {
        const std::scoped_lock lock(settled_mutex_);
        settled_[std::string(id)].push_back(settlement);
    }
    [[nodiscard]] std::vector<streaming::Settlement> of(const std::string& id) const {
        const std::scoped_lock lock(settled_mutex_);
        const auto found = settled_.find(id);
        return found == settled_.end() ? std::vector<streaming::Settlement>{} : found->second;
    }

private:
    mutable std::mutex settled_mutex_{};
    std::map<std::string, std::vector<streaming::Settlement>> settled_{};
};

/// A ProducerWrapper on a broker in memory, with time that stands still. The test is the drain.
class SendingFixture : public testing::Test {
protected:
    static constexpr const char* kTopic = "weather";
    static constexpr const char* kDeadLetters = "weather.stations.dlq";

    SendingFixture() { EXPECT_TRUE(producer_.start({}).ok()); }
    ~SendingFixture() override {
        broker_.release_acks();
        stop_producer(); // before the wrapper goes
    }

    [[nodiscard]] streaming::IngestionRecord record(const std::string& id, std::string topic = kTopic) const {
        return {.id = id,
                .source = "stations",
                .topic = std::move(topic),
                .key = "k",
                .payload = id,
                .listener = settlements_};
    }
    [[nodiscard]] std::vector<streaming::IngestionRecord> records(const std::vector<std::string>& ids) const {
        std::vector<streaming::IngestionRecord> all;
        for (const std::string& id : ids) {
            all.push_back(record(id));
        }
        return all;
    }
    [[nodiscard]] streaming::Settlement settlement(const std::string& id) const {
        const auto all = settlements_->of(id);
        EXPECT_EQ(all.size(), 1) << "settlements of " << id;
        return all.empty() ? streaming::Settlement::dropped : all.front();
    }
    void send(std::vector<streaming::IngestionRecord> batch) { wrapper().send(std::move(batch), {}); }
    void send_ids(const std::vector<std::string>& ids) { send(records(ids)); }

    /// Serves until nothing is on its way: what is unsettled then waits for its time.
    void serve() {
        for (;;) {
            wrapper().serve({});
            const auto metrics = wrapper().get_metrics();
            if (metrics.in_flight == metrics.waiting &&
                (!wrapper().next_due() || *wrapper().next_due() > clock_.now())) {
                return;
            }
            std::unique_lock lock(progress_mutex_);
            ASSERT_TRUE(progressed_.wait_for(lock, std::chrono::seconds(20), [this] {
                return std::exchange(progress_, false);
            })) << "no report came";
        }
    }
    void stop_producer() { (void)producer_.stop({}); }
    /// To the next retry; returns how long that was.
    std::chrono::milliseconds serve_next() {
        const auto wait = wrapper().next_due().value_or(clock_.now()) - clock_.now();
        clock_.advance(wait);
        serve();
        return std::chrono::duration_cast<std::chrono::milliseconds>(wait);
    }
    void fail_sends(std::size_t count, streaming::ErrorCode code, std::string topic = {}) {
        const bool permanent = code == streaming::ErrorCode::not_authorized;
        broker_.fail_next_sends(count, {code, "told to fail", !permanent}, std::move(topic));
    }
    [[nodiscard]] std::vector<std::string> stored(const std::string& topic = kTopic) const {
        std::vector<std::string> payloads;
        for (const auto& one : broker_.records(topic)) {
            payloads.push_back(one.payload.value_or("no payload"));
        }
        return payloads;
    }

    /// A call that blocks, on a thread of its own.
    std::future<streaming::SendReport> call(std::vector<streaming::IngestionRecord> batch, std::stop_token stop = {}) {
        return std::async(std::launch::async, [this, batch = std::move(batch), stop]() mutable {
            return wrapper().send_with_retry(std::move(batch), "noaa_weather", "stations", kTopic, stop);
        });
    }
    /// Moves time to the next retry of that call; returns how long that was.
    std::chrono::milliseconds pass_to_retry() {
        EXPECT_TRUE(clock_.await_waiter());
        const auto before = clock_.now();
        EXPECT_TRUE(clock_.advance_to_next_deadline());
        return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - before);
    }

    streaming::ProducerWrapper& wrapper() {
        if (!wrapper_) {
            wrapper_ = std::make_unique<streaming::ProducerWrapper>(
                streaming::ProducerWrapper::Dependencies{.producer = producer_,
                                                         .clock = clock_,
                                                         .log = log_,
                                                         .on_progress =
                                                             [this] {
                                                                 const std::scoped_lock lock(progress_mutex_);
                                                                 progress_ = true;
                                                                 progressed_.notify_all();
                                                             }},
                options_, "ingest", dead_letters_);
        }
        return *wrapper_;
    }

    // To be changed before the first use of the wrapper.
    streaming::SendingOptions options_{};
    bool dead_letters_ = true;

    streaming::fakes::FakeClock clock_{};
    streaming::fakes::FakeBroker broker_{};
    std::shared_ptr<Settlements> settlements_ = std::make_shared<Settlements>();

private:
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    std::mutex progress_mutex_{};
    std::condition_variable progressed_{};
    bool progress_ = false;
    std::unique_ptr<streaming::ProducerWrapper> wrapper_{};
    streaming::fakes::FakeMessageProducer producer_{{.broker = broker_, .clock = clock_}, {.max_message_bytes = 1000}};
};

} // namespace tests
