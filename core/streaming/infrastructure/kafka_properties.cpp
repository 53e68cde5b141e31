#include "core/streaming/infrastructure/kafka_properties.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "core/streaming/infrastructure/kafka_handles.hpp"

namespace streaming::detail {
namespace {

using Rule = std::pair<std::string_view, std::string_view>; // property, why it is refused

constexpr std::string_view kRunsCode = "it loads or runs code";
constexpr std::string_view kNoLoss = "the framework sets it, so that no record is lost or committed too early";
constexpr std::string_view kCallback = "the framework needs its own value to see what happens";

// Aliases are listed too: librdkafka takes both names.
constexpr auto kRefused = std::to_array<Rule>({
    {"acks", kNoLoss},
    {"request.required.acks", kNoLoss},
    {"enable.idempotence", kNoLoss},
    {"transactional.id", kNoLoss},
    {"retries", kNoLoss},
    {"message.send.max.retries", kNoLoss},
    {"max.in.flight", kNoLoss},
    {"max.in.flight.requests.per.connection", kNoLoss},
    {"enable.auto.commit", kNoLoss},
    {"auto.commit.enable", kNoLoss},
    {"auto.commit.interval.ms", kNoLoss},
    {"enable.auto.offset.store", kNoLoss},
    {"offset.store.method", kNoLoss},
    {"bootstrap.servers", "use kafka.bootstrap_servers"},
    {"metadata.broker.list", "use kafka.bootstrap_servers"},
    {"test.mock.num.brokers", "use kafka.bootstrap_servers: embedded"},
    {"client.id", "use kafka.client_id"},
    {"compression.type", "use kafka.compression_type"},
    {"compression.codec", "use kafka.compression_type"},
    {"group.id", "use group_id of the consumer"},
    {"group.instance.id", "use group_instance_id of the consumer"},
    {"auto.offset.reset", "use start of the consumer"},
    {"session.timeout.ms", "use session_timeout of the consumer"},
    {"heartbeat.interval.ms", "use heartbeat_interval of the consumer"},
    {"max.poll.interval.ms", "use max_poll_interval of the consumer"},
    {"linger.ms", "use linger of the producer"},
    {"queue.buffering.max.ms", "use linger of the producer"},
    {"message.timeout.ms", "use delivery_timeout of the producer"},
    {"delivery.timeout.ms", "use delivery_timeout of the producer"},
    {"queue.buffering.max.messages", "use max_queued_records of the producer"},
    {"queue.buffering.max.kbytes", "use max_queued_records of the producer"},
    {"message.max.bytes", "use max_message_bytes of the producer"},
    {"delivery.report.only.error", kCallback},
    {"enable.partition.eof", kCallback},
    {"log.queue", kCallback},
    {"statistics.interval.ms", kCallback},
    {"sasl.kerberos.kinit.cmd", kRunsCode},
    {"plugin.library.paths", kRunsCode},
    {"ssl.engine.location", kRunsCode},
});

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

/// What is insecure about one setting; empty = nothing.
std::string_view insecurity_of(const std::string& name, const std::string& value) {
    const std::string wanted = lower(value);
    if (name == "security.protocol" && wanted == "sasl_plaintext") {
        return "credentials would travel in the clear";
    }
    if (name == "enable.ssl.certificate.verification" && wanted != "true" && wanted != "1" && wanted != "t") {
        return "anybody could pose as the broker";
    }
    if (name == "ssl.endpoint.identification.algorithm" && wanted == "none") {
        return "the owner of any certificate could pose as the broker";
    }
    return {};
}

std::string shown(const std::string& name, const std::string& value) { return is_secret(name) ? "***" : value; }

} // namespace

std::string_view refusal_of(std::string_view property) noexcept {
    const auto* const rule = std::ranges::find(kRefused, property, &Rule::first);
    return rule == kRefused.end() ? std::string_view{} : rule->second;
}

bool is_secret(std::string_view property) noexcept {
    constexpr auto kMarks =
        std::to_array<std::string_view>({"password", "secret", ".pem", "keystore", "sasl.oauthbearer.config"});
    return std::ranges::any_of(kMarks,
                               [&](std::string_view mark) { return property.find(mark) != std::string_view::npos; });
}

Problems check_properties(const std::map<std::string, std::string>& properties, bool allow_insecure) {
    Problems problems;
    const KafkaConf scratch(rd_kafka_conf_new());
    for (const auto& [name, value] : properties) {
        const std::string key = fmt::format("kafka.properties.{}: '{}'", name, shown(name, value));
        if (const auto refusal = refusal_of(name); !refusal.empty()) {
            problems.push_back(fmt::format("{} cannot be set: {}", key, refusal));
            continue;
        }
        if (name == "sasl.oauthbearer.method" && lower(value) == "oidc") {
            problems.push_back(fmt::format("{} is not supported by Debian's librdkafka; allowed: default", key));
            continue;
        }
        if (const auto danger = insecurity_of(name, value); !danger.empty() && !allow_insecure) {
            problems.push_back(fmt::format("{} is refused, as {}; allow_insecure: true permits it", key, danger));
            continue;
        }
        std::array<char, 512> reason{};
        if (rd_kafka_conf_set(scratch.get(), name.c_str(), value.c_str(), reason.data(), reason.size()) !=
            RD_KAFKA_CONF_OK) {
            // librdkafka's own sentence repeats the value.
            problems.push_back(
                fmt::format("{}: {}", key, is_secret(name) ? "not accepted by librdkafka" : reason.data()));
        }
    }
    return problems;
}

} // namespace streaming::detail
