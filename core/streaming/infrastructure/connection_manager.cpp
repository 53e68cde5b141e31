#include "core/streaming/infrastructure/connection_manager.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace streaming {
namespace {

constexpr std::chrono::milliseconds kFirstDelay = 200ms;
constexpr std::chrono::milliseconds kLongestDelay = 10s;
constexpr std::chrono::milliseconds kLongestTry = 2s;

void wait(Clock& clock, Clock::steady_time time, const std::stop_token& stop) {
    std::mutex nothing_mutex;
    std::condition_variable_any nothing;
    std::unique_lock lock(nothing_mutex);
    while (!stop.stop_requested() && clock.now() < time) {
        clock.wait_until(lock, nothing, time, stop);
    }
}

} // namespace

ConnectionManager::ConnectionManager(Platform& platform, Options options)
    : platform_(platform),
      options_(std::move(options)),
      producer_(platform.producer(options_.kafka, options_.producer)),
      topics_(platform.topics(options_.kafka)),
      lag_(platform.lag(options_.kafka)) {
    report("kafka", ConnectionPhase::connecting);
}

ConnectionManager::~ConnectionManager() { (void)stop(0ms); }

Status ConnectionManager::start(std::stop_token stop) {
    if (started_) {
        return {};
    }
    Clock& clock = platform_.clock();
    const auto deadline = clock.now() + options_.start_deadline;
    for (auto delay = kFirstDelay;; delay = std::min(delay * 2, kLongestDelay)) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.now());
        const auto status = producer_->start(std::clamp(left, std::chrono::milliseconds(1), kLongestTry));
        if (status) {
            break;
        }
        const auto next = clock.now() + delay;
        if (!status.error().retryable || next >= deadline || stop.stop_requested()) {
            report("kafka", ConnectionPhase::down, status.error().message);
            return status;
        }
        report("kafka", ConnectionPhase::connecting, status.error().message);
        wait(clock, next, stop);
    }
    started_ = true;
    report("kafka", ConnectionPhase::up);
    if (options_.redis) {
        // Each flow has a connection of its own and reports it; this only says early what is going to be wrong.
        if (const auto status = open_store()->ping(); !status) {
            spdlog::warn("redis: {}; on_store_error decides what the flows do", status.error().message);
        }
    }
    return {};
}

std::size_t ConnectionManager::stop(std::chrono::milliseconds timeout) noexcept {
    started_ = false;
    return producer_->stop(timeout);
}

MessageProducer& ConnectionManager::producer() { return *producer_; }

TopicAdmin& ConnectionManager::topics() { return *topics_; }

LagProbe& ConnectionManager::lag() { return *lag_; }

std::unique_ptr<KeyValueStore> ConnectionManager::open_store() {
    return options_.redis ? platform_.store(*options_.redis) : nullptr;
}

std::unique_ptr<MessageConsumer> ConnectionManager::make_consumer(const ConsumerOptions& options) {
    return platform_.consumer(options_.kafka, options);
}

std::unique_ptr<HttpClient> ConnectionManager::make_http(const HttpOptions& options) { return platform_.http(options); }

void ConnectionManager::report(const std::string& name, ConnectionPhase phase, std::string reason) {
    const std::lock_guard lock(states_mutex_);
    auto& state = states_[name];
    if (state.phase != phase || state.since == Clock::steady_time{}) {
        state.since = platform_.clock().now();
    }
    state.phase = phase;
    state.reason = std::move(reason);
}

ConnectionState ConnectionManager::state(const std::string& name) const {
    const std::lock_guard lock(states_mutex_);
    const auto found = states_.find(name);
    return found == states_.end() ? ConnectionState{} : found->second;
}

std::map<std::string, ConnectionState> ConnectionManager::states() const {
    const std::lock_guard lock(states_mutex_);
    return states_;
}

} // namespace streaming
