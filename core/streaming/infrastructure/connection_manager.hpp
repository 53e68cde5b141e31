#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/infrastructure/platform.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/infrastructure/shadow_log.hpp"

namespace streaming {

enum class ConnectionPhase { connecting, up, degraded, down };

struct ConnectionState {
    ConnectionPhase phase = ConnectionPhase::connecting;
    std::string reason{}; ///< of degraded and down
    Clock::steady_time since{};
};

/// Owns the outside connections that the flows of one service share: one producer, one topic admin, one lag probe, and
/// one store connection per flow. Opens them with backoff (0.2-10 s) under a start deadline. Thread-safe.
/// Borrows the platform, which must outlive it.
class ConnectionManager {
public:
    struct Options {
        KafkaOptions kafka{};
        std::optional<RedisOptions> redis{}; ///< absent = no store
        ProducerOptions producer{};
        std::chrono::milliseconds start_deadline = 10s;
        /// Nothing outside changes but what nobody else looks at: all records go to a ShadowProducer, no topic is made,
        /// consumers join the group `{group}.shadow`, keys in the store begin with `shadow:`. A service in shadow can
        /// thus run beside another one with the same configuration.
        bool shadow = false;
        std::string shadow_log{}; ///< file; empty = count only
    };

    ConnectionManager(Platform& platform, Options options);
    ~ConnectionManager();
    ConnectionManager(const ConnectionManager&) = delete;
    ConnectionManager& operator=(const ConnectionManager&) = delete;

    /// Opens the shared connections. The broker must answer before the deadline; a store that does not is `degraded`,
    /// as the deduplication policy decides what that means. In shadow, the broker is not asked.
    Status start(std::stop_token stop);
    /// Flushes the producer; returns how many records were given up.
    std::size_t stop(std::chrono::milliseconds timeout) noexcept;

    [[nodiscard]] MessageProducer& producer();
    [[nodiscard]] std::size_t max_message_bytes() const noexcept { return options_.producer.max_message_bytes; }
    [[nodiscard]] TopicAdmin& topics();
    [[nodiscard]] LagProbe& lag();
    [[nodiscard]] bool has_store() const noexcept { return options_.redis.has_value(); }
    /// Makes the store connection of one flow; null when no Redis is configured.
    [[nodiscard]] std::unique_ptr<KeyValueStore> open_store();
    /// What was not produced by a service in shadow, or by a source in shadow. Open once started.
    [[nodiscard]] ShadowLog& shadow_log() noexcept { return shadow_log_; }
    [[nodiscard]] bool shadow() const noexcept { return options_.shadow; }
    [[nodiscard]] std::unique_ptr<MessageConsumer> make_consumer(const ConsumerOptions& options);
    [[nodiscard]] std::unique_ptr<HttpClient> make_http(const HttpOptions& options);

    /// Components report what they see; health reads it.
    void report(const std::string& name, ConnectionPhase phase, std::string reason = {});
    [[nodiscard]] ConnectionState state(const std::string& name) const;
    [[nodiscard]] std::map<std::string, ConnectionState> states() const;

private:
    [[nodiscard]] Status start_shadow();
    void look_at_store();

    Platform& platform_;
    Options options_;
    ShadowLog shadow_log_{};
    std::unique_ptr<MessageProducer> producer_{};
    std::unique_ptr<TopicAdmin> topics_{};
    std::unique_ptr<LagProbe> lag_{};
    bool started_ = false;
    mutable std::mutex states_mutex_{};
    std::map<std::string, ConnectionState> states_{};
};

} // namespace streaming
