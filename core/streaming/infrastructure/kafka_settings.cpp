#include "core/streaming/infrastructure/kafka_settings.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/kafka_fetch_waker.hpp"
#include "core/streaming/infrastructure/kafka_log.hpp"
#include "core/streaming/infrastructure/kafka_properties.hpp"

namespace streaming::detail {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string text_of(std::chrono::milliseconds time) { return std::to_string(time.count()); }

/// What every client gets and a user may change.
Settings common_defaults() {
    return {
        {"socket.nagle.disable", "true"},                // on by default until 2.10: costs 40 ms per pipelined request
        {"reconnect.backoff.max.ms", "1000"},            // 10 s by default: a returning broker would wait that long
        {"topic.metadata.refresh.interval.ms", "10000"}, // new partitions are seen in 10 s, not 5 min
        {"log.connection.close", "false"},               // brokers close idle connections; nobody has to act
    };
}

Settings consumer_defaults() {
    Settings settings{
        // Eager: cooperative-sticky of 2.0.2 aborts, hangs or repeats 4-9 % of the records in a rebalance.
        {"partition.assignment.strategy", "range,roundrobin"},
        {"fetch.wait.max.ms", "100"},
        // Less than the default of 100,000: KafkaFetchWaker has the fetcher look every 10 ms, so more only costs
        // memory.
        {"queued.min.messages", "40000"},
        {"check.crcs", "true"},
    };
    if (rd_kafka_version() >= kFirstVersionWithQueueBackoff) {
        settings.emplace_back("fetch.queue.backoff.ms", "10");
    }
    return settings;
}

Settings consumer_promises(const ConsumerOptions& options) {
    Settings settings{
        {"group.id", options.group_id.empty() ? "tributary-broadcast" : options.group_id},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", options.start == StartPosition::earliest ? "earliest" : "latest"},
        {"session.timeout.ms", text_of(options.session_timeout)},
        {"heartbeat.interval.ms", text_of(options.heartbeat_interval)},
        {"max.poll.interval.ms", text_of(options.max_poll_interval)},
    };
    if (options.catch_up_first) {
        settings.emplace_back("enable.partition.eof", "true");
    }
    if (!options.group_instance_id.empty()) {
        settings.emplace_back("group.instance.id", options.group_instance_id);
    }
    return settings;
}

Settings producer_promises(const KafkaOptions& kafka, const ProducerOptions& options) {
    return {
        {"acks", "all"},
        {"enable.idempotence", "true"},
        {"compression.type", kafka.compression_type},
        {"linger.ms", text_of(options.linger)},
        {"message.timeout.ms", text_of(options.delivery_timeout)},
        {"message.max.bytes", std::to_string(options.max_message_bytes + kHeaderRoom)},
        // KafkaMessageProducer admits max_queued_records by itself: librdkafka must not refuse the middle of a batch.
        {"queue.buffering.max.messages", "10000000"},
        {"queue.buffering.max.kbytes", "2147483647"},
    };
}

Status apply(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
    std::array<char, 512> reason{};
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) == RD_KAFKA_CONF_OK) {
        return {};
    }
    return Error{ErrorCode::invalid_argument, is_secret(name) ? fmt::format("kafka: {}: '***' is not accepted", name)
                                                              : fmt::format("kafka: {}", reason.data())};
}

Result<KafkaConf> assemble(const KafkaOptions& kafka, const std::string& purpose, const Settings& defaults,
                           const Settings& promises) {
    KafkaConf conf(rd_kafka_conf_new());
    Settings all = common_defaults();
    all.insert(all.end(), defaults.begin(), defaults.end());
    for (const auto& [name, value] : kafka.properties) {
        if (const auto refusal = refusal_of(name); !refusal.empty()) {
            return Error{ErrorCode::invalid_argument,
                         fmt::format("kafka: property {} cannot be set: {}", name, refusal)};
        }
        all.emplace_back(name, value);
    }
    all.emplace_back("bootstrap.servers", kafka.bootstrap_servers);
    all.emplace_back("client.id", kafka.client_id + "-" + purpose);
    all.insert(all.end(), promises.begin(), promises.end());
    for (const auto& [name, value] : all) {
        if (auto status = apply(conf.get(), name, value); !status) {
            return status.error();
        }
    }
    rd_kafka_conf_set_log_cb(conf.get(), &log_from_kafka);
    return conf;
}

} // namespace

Result<KafkaConf> consumer_settings(const KafkaOptions& kafka, const ConsumerOptions& options) {
    return assemble(kafka, "consumer", consumer_defaults(), consumer_promises(options));
}

Result<KafkaConf> producer_settings(const KafkaOptions& kafka, const ProducerOptions& options) {
    // Java's partitioner, so that a key goes to the same partition whoever wrote it.
    const std::string purpose = options.service.empty() ? "producer" : "producer-" + options.service;
    return assemble(kafka, purpose, {{"partitioner", "murmur2_random"}}, producer_promises(kafka, options));
}

Result<KafkaConf> admin_settings(const KafkaOptions& kafka, const std::string& purpose) {
    return assemble(kafka, purpose, {}, {});
}

Result<KafkaConf> group_reader_settings(const KafkaOptions& kafka, const std::string& group) {
    // read_uncommitted, as otherwise an open transaction would make the offsets an error instead of those before it.
    return assemble(kafka, "lag", {},
                    {{"group.id", group}, {"enable.auto.commit", "false"}, {"isolation.level", "read_uncommitted"}});
}

Result<KafkaHandle> open_client(rd_kafka_type_t type, KafkaConf settings) {
    std::array<char, 512> reason{};
    rd_kafka_t* const client = rd_kafka_new(type, settings.get(), reason.data(), reason.size());
    if (client == nullptr) {
        return Error{ErrorCode::invalid_argument, fmt::format("kafka: {}", reason.data())};
    }
    (void)settings.release(); // rd_kafka_new took it
    return KafkaHandle(client);
}

} // namespace streaming::detail
