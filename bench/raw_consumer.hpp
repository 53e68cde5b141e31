#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bench/leg_options.hpp"
#include "bench/raw_client.hpp"

namespace bench::raw {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

inline constexpr std::size_t kBatchRecords = 500;
inline constexpr std::size_t kBatchesInFlight = 32;

/// Next offset to read of each partition, -1 = nothing yet.
class Positions {
public:
    void advance(std::int32_t partition, std::int64_t next) {
        const auto index = static_cast<std::size_t>(partition);
        if (index >= next_.size()) {
            next_.resize(index + 1, -1);
        }
        next_[index] = std::max(next_[index], next);
    }
    void merge(const Positions& other) {
        for (std::size_t partition = 0; partition < other.next_.size(); ++partition) {
            advance(static_cast<std::int32_t>(partition), other.next_[partition]);
        }
    }
    void clear() { std::fill(next_.begin(), next_.end(), -1); }
    [[nodiscard]] PartitionList list(const std::string& topic) const;

private:
    std::vector<std::int64_t> next_{};
};

/// librdkafka 2.0.2 looks only once a second whether a full local queue was emptied. Any request to the leader wakes
/// its broker thread, which then looks at once: 2-3 times the rate for one small request every 10 ms while it matters.
class Nudge {
public:
    Nudge(rd_kafka_t* consumer, std::string topic)
        : consumer_(consumer), topic_(std::move(topic)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

    void set_behind(bool behind) { behind_.store(behind, std::memory_order_relaxed); }

private:
    void run(const std::stop_token& stop);

    rd_kafka_t* consumer_;
    std::string topic_;
    std::atomic<bool> behind_{false};
    std::jthread thread_; // last: joined before anything it uses goes
};

/// A group member that polls for one record and then takes what is already there.
class Consumer {
public:
    explicit Consumer(const LegOptions& options);
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    [[nodiscard]] rd_kafka_t* handle() const { return handle_.get(); }
    /// Waits for one record, then takes up to 500 of those that are there.
    void take(std::chrono::milliseconds wait, std::vector<rd_kafka_message_t*>& into);
    void commit_each_interval(const Positions& positions);
    void commit_now(const Positions& positions);

private:
    std::string topic_;
    Handle handle_;
    Clock::time_point last_record_ = Clock::now();
    Clock::time_point last_commit_ = Clock::now();
    std::optional<Nudge> nudge_{};
};

inline void release(std::vector<rd_kafka_message_t*>& messages) {
    for (rd_kafka_message_t* message : messages) {
        rd_kafka_message_destroy(message);
    }
    messages.clear();
}

[[nodiscard]] inline std::string_view payload_of(const rd_kafka_message_t& message) {
    return {static_cast<const char*>(message.payload), message.len};
}

} // namespace bench::raw
