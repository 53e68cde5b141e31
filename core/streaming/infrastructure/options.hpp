#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace streaming {

using namespace std::chrono_literals;

/// Every `validate` returns all problems of the options, each naming the key, the value and what is allowed.
using Problems = std::vector<std::string>;

struct KafkaOptions {
    std::string bootstrap_servers{};     ///< required: host:port[,host:port], or "embedded" (in memory, keeps nothing)
    std::string client_id{"tributary"};  ///< clients are named <client_id>-consumer, <client_id>-producer-<service>
    std::string compression_type{"lz4"}; ///< none, gzip, snappy, lz4, zstd
    /// Any other librdkafka property. Those that carry a promise (acks, enable.idempotence, enable.auto.commit,
    /// enable.auto.offset.store, group.id, ...) and those that run code are refused.
    std::map<std::string, std::string> properties{};
    bool allow_insecure = false; ///< permits SASL without TLS and unverified certificates

    [[nodiscard]] Problems validate() const;
};

struct RedisOptions {
    std::string url{}; ///< redis://[user:password@]host[:port][/db] or unix:///path
    std::chrono::milliseconds connect_timeout = 2s;
    std::chrono::milliseconds command_timeout = 2s; ///< of one pipeline

    [[nodiscard]] Problems validate() const;
};

enum class StoreErrorPolicy {
    process, ///< handle without knowing (counted): repeats are possible, loss is not
    pause    ///< take nothing until the store answers again
};

enum class KeyStyle {
    rolling_set, ///< sets `dedup:{group}:{bucket}`: little memory, one trip a micro-batch
    per_id       ///< keys `dedup:{service}:{id}`, as older systems wrote them: for services with one consumer group
};

struct DeduplicationOptions {
    bool enabled = true;
    KeyStyle key_style = KeyStyle::rolling_set;
    std::chrono::seconds ttl = 3600s;      ///< how long a handled id is remembered; at least 1 s
    std::size_t local_cache_ids = 100'000; ///< ids remembered in the process, least recently used goes first
    StoreErrorPolicy on_store_error = StoreErrorPolicy::process;

    [[nodiscard]] Problems validate() const;
};

enum class ExhaustedPolicy { dead_letter, stop, drop };
enum class HandlerTimeoutPolicy { report, exit };

struct ErrorHandlingOptions {
    std::size_t max_attempts = 5;                  ///< first try included; at least 1
    std::chrono::milliseconds first_delay = 200ms; ///< upper bound of the first wait; doubles each time, full jitter
    std::chrono::milliseconds max_delay = 30s;
    ExhaustedPolicy on_exhausted = ExhaustedPolicy::dead_letter; ///< `drop` loses the record, by choice
    bool strict_types = false; ///< dead-letter types nobody declared instead of ignoring them
    HandlerTimeoutPolicy on_handler_timeout = HandlerTimeoutPolicy::report;

    [[nodiscard]] Problems validate() const;
};

enum class StartPosition { earliest, latest };
enum class Ordering { partition, key, none };

struct ConsumerOptions {
    std::vector<std::string> topics{};             ///< at least one
    std::string group_id{};                        ///< not empty
    StartPosition start = StartPosition::earliest; ///< where a group without commits begins
    std::size_t workers = 1; ///< handler lanes, 1-1024; above 1 handlers of different keys run at the same time
    Ordering ordering = Ordering::key; ///< what never overlaps and starts in offset order
    bool broadcast = false;            ///< every instance reads every record; commits nothing
    /// Broadcast only: state that lives in a topic. The service's other flows take records only while this one has
    /// handled its topics up to where they ended when the other flow started or was given partitions.
    bool catch_up_first = false;
    std::chrono::milliseconds handler_timeout = 60s;      ///< a handler that runs longer is reported
    std::optional<ErrorHandlingOptions> error_handling{}; ///< absent = the service's
    std::optional<DeduplicationOptions> deduplication{};  ///< absent = the service's
    std::size_t max_batch = 500;                          ///< records taken by one poll, 1-10,000
    std::size_t max_in_flight = 8192;                     ///< records taken and not finished, at least max_batch
    std::size_t max_in_flight_bytes = 64U * 1024U * 1024U;
    std::chrono::milliseconds commit_interval = 1s;
    std::chrono::milliseconds session_timeout = 30s;
    std::chrono::milliseconds heartbeat_interval = 10s;
    std::chrono::milliseconds max_poll_interval = 300s;
    std::string group_instance_id{}; ///< static membership when not empty

    friend bool operator==(const ConsumerOptions&, const ConsumerOptions&);
    [[nodiscard]] Problems validate() const;
};

struct ProducerOptions {
    std::chrono::milliseconds linger = 5ms;   ///< how long a batch may wait to fill, 0-900 s
    std::size_t max_queued_records = 100'000; ///< above it, sending waits
    std::chrono::milliseconds delivery_timeout =
        120s; ///< at least 60 s: shorter ones end in possibly-persisted failures
    std::size_t max_message_bytes = 1'000'000;
    std::string service{}; ///< ends the client's name; filled in by the builder

    [[nodiscard]] Problems validate() const;
};

struct HttpOptions {
    std::string user_agent{"tributary/1.0 (+https://example.org/contact)"}; ///< NWS wants the application and a contact
    std::chrono::milliseconds connect_timeout = 5s;
    bool verify_tls = true;
};

} // namespace streaming
