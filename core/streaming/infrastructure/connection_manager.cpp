#include "core/streaming/infrastructure/connection_manager.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "core/streaming/infrastructure/prefixed_key_value_store.hpp"
#include "core/streaming/infrastructure/shadow_producer.hpp"

namespace streaming {
namespace {

/// Of a service in shadow: topics are looked at and not made.
class ShadowTopicAdmin final : public TopicAdmin {
public:
    explicit ShadowTopicAdmin(std::unique_ptr<TopicAdmin> topics) : topics_(std::move(topics)) {}
    Result<std::optional<std::int32_t>> partitions(const std::string& topic,
                                                   std::chrono::milliseconds timeout) override {
        return topics_->partitions(topic, timeout);
    }
    Result<std::optional<TopicSpec>> describe(const std::string& topic, std::chrono::milliseconds timeout) override {
        return topics_->describe(topic, timeout);
    }
    Status ensure(std::span<const TopicSpec> /*topics*/, std::chrono::milliseconds /*timeout*/) override { return {}; }

private:
    std::unique_ptr<TopicAdmin> topics_;
};

constexpr std::string_view kShadowKeys = "shadow:";
constexpr std::string_view kShadowGroup = ".shadow";
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
      topics_(platform.topics(options_.kafka)),
      lag_(platform.lag(options_.kafka)) {
    if (options_.shadow) {
        producer_ = std::make_unique<ShadowProducer>(shadow_log_, options_.producer);
        topics_ = std::make_unique<ShadowTopicAdmin>(std::move(topics_));
    } else {
        producer_ = platform.producer(options_.kafka, options_.producer);
    }
    report("kafka", ConnectionPhase::connecting);
}

ConnectionManager::~ConnectionManager() { (void)stop(0ms); }

Status ConnectionManager::start(std::stop_token stop) {
    if (started_) {
        return {};
    }
    if (Status opened = shadow_log_.open(options_.shadow_log); !opened) {
        return opened;
    }
    if (options_.shadow) {
        return start_shadow();
    }
    Clock& clock = platform_.clock();
    const auto deadline = clock.now() + options_.start_deadline;
    for (auto delay = kFirstDelay;; delay = std::min(delay * 2, kLongestDelay)) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.now());
        auto status = producer_->start(std::clamp(left, std::chrono::milliseconds(1), kLongestTry));
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
    look_at_store();
    return {};
}

Status ConnectionManager::start_shadow() {
    if (Status status = producer_->start(options_.start_deadline); !status) {
        return status;
    }
    spdlog::info("shadow: nothing is produced, what would have been is counted{}",
                 options_.shadow_log.empty() ? "" : ", file " + options_.shadow_log);
    started_ = true;
    report("kafka", ConnectionPhase::up);
    look_at_store();
    return {};
}

/// Each flow has a connection of its own and reports it; this only says early what is going to be wrong.
void ConnectionManager::look_at_store() {
    if (!options_.redis) {
        return;
    }
    if (const auto status = open_store()->ping(); !status) {
        spdlog::warn("redis: {}; on_store_error decides what the flows do", status.error().message);
    }
}

std::size_t ConnectionManager::stop(std::chrono::milliseconds timeout) noexcept {
    started_ = false;
    return producer_->stop(timeout);
}

MessageProducer& ConnectionManager::producer() { return *producer_; }

TopicAdmin& ConnectionManager::topics() { return *topics_; }

LagProbe& ConnectionManager::lag() { return *lag_; }

std::unique_ptr<KeyValueStore> ConnectionManager::open_store() {
    if (!options_.redis) {
        return nullptr;
    }
    auto store = platform_.store(*options_.redis);
    if (options_.shadow) {
        return std::make_unique<PrefixedKeyValueStore>(std::move(store), std::string(kShadowKeys));
    }
    return store;
}

std::unique_ptr<MessageConsumer> ConnectionManager::make_consumer(const ConsumerOptions& options) {
    ConsumerOptions joined = options;
    if (options_.shadow && !joined.group_id.empty()) {
        // In the real group it would take records away from those who produce something. The flow keeps the name: the
        // ids that it gives follow from it.
        joined.group_id += kShadowGroup;
    }
    return platform_.consumer(options_.kafka, joined);
}

std::unique_ptr<HttpClient> ConnectionManager::make_http(const HttpOptions& options) { return platform_.http(options); }

void ConnectionManager::report(const std::string& name, ConnectionPhase phase, std::string reason) {
    if (options_.shadow && name == "kafka" && reason.empty()) {
        reason = "shadow"; // whoever reports: the flows do so too
    }
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
