#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/kafka_message_producer.hpp"
#include "tests/support/kafka_fixture.hpp"

namespace tests {

/// Writes items 0, 1, 2, ... into a topic, item n under key n % keys and with the id "id-n".
class Feeder {
public:
    static constexpr int kKeys = 100;

    Feeder(std::string servers, std::string topic)
        : topic_(std::move(topic)), producer_({.bootstrap_servers = std::move(servers)}, {}) {
        EXPECT_TRUE(producer_.start(std::chrono::seconds(20)).ok());
    }
    ~Feeder() { (void)stop(); }
    Feeder(const Feeder&) = delete;
    Feeder& operator=(const Feeder&) = delete;

    /// The next `count` items; waits until the broker has them.
    void feed(int count) {
        std::vector<std::string> payloads;
        std::vector<std::string> keys;
        for (int i = 0; i < count; ++i) {
            const std::string number = std::to_string(sent_ + i);
            payloads.push_back(R"({"id":"id-)" + number + R"(","type":"item.made","data":{"number":)" + number + "}}");
            keys.push_back("key-" + std::to_string((sent_ + i) % kKeys));
        }
        streaming::testing_support::ReportCollector reports;
        std::vector<streaming::OutgoingRecord> records;
        for (std::size_t i = 0; i < payloads.size(); ++i) {
            records.push_back({.topic = topic_, .key = keys[i], .payload = payloads[i], .ticket = &reports.ticket(i)});
        }
        producer_.send_batch(records, {});
        const auto all = reports.await(records.size());
        EXPECT_TRUE(std::ranges::none_of(all, [](const auto& report) { return report.error.has_value(); }));
        sent_ += count;
    }
    /// Goes on in the background, as fast as the broker acknowledges a few at a time.
    void start() {
        thread_ = std::jthread([this](const std::stop_token& stop) {
            constexpr int kAtATime = 10;
            while (!stop.stop_requested()) {
                feed(kAtATime);
            }
        });
    }
    /// Ends the background. Returns how many items the topic has: 0, 1, ..., n - 1.
    int stop() {
        if (thread_.joinable()) {
            thread_.request_stop();
            thread_.join();
        }
        return sent_;
    }
    [[nodiscard]] int sent() const noexcept { return sent_; }

private:
    std::string topic_;
    streaming::KafkaMessageProducer producer_;
    std::atomic<int> sent_{0};
    std::jthread thread_{};
};

} // namespace tests
