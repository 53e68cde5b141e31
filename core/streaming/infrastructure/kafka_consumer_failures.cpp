#include "core/streaming/infrastructure/kafka_consumer_failures.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <utility>

#include "core/streaming/infrastructure/kafka_errors.hpp"
#include "core/streaming/infrastructure/kafka_handles.hpp"
#include "core/streaming/infrastructure/kafka_partitions.hpp"

namespace streaming::detail {
namespace {

constexpr std::chrono::milliseconds kPatience{100}; // the caller has a group to keep
constexpr std::chrono::seconds kProbeEvery{1};

} // namespace

KafkaConsumerFailures::KafkaConsumerFailures(rd_kafka_t* client, std::string subject, std::string servers)
    : client_(client), subject_(std::move(subject)), servers_(std::move(servers)) {}

void KafkaConsumerFailures::on_client_error(rd_kafka_resp_err_t code, const char* reason) {
    switch (code) {
        case RD_KAFKA_RESP_ERR__FATAL:
            fatal_ = fatal_error();
            break;
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
            unreachable_ = true;
            break;
        case RD_KAFKA_RESP_ERR__TRANSPORT:
        case RD_KAFKA_RESP_ERR__RESOLVE:
            break; // one broker of several; librdkafka logs it and tries again
        default:
            keep(kafka_error(code, subject_, reason));
    }
}

void KafkaConsumerFailures::on_message(const rd_kafka_message_t& failure) {
    if (failure.err == RD_KAFKA_RESP_ERR__FATAL) {
        fatal_ = fatal_error();
    } else if (failure.rkt != nullptr && failure.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        // librdkafka says it once and never that the topic came.
        if (const std::string topic = rd_kafka_topic_name(failure.rkt); missing_.insert(topic).second) {
            spdlog::warn("{}: topic {}: does not exist (yet)", subject_, topic);
        }
    } else if (failure.rkt != nullptr) {
        keep(kafka_error(failure.err, fmt::format("topic {}", rd_kafka_topic_name(failure.rkt))));
    } else {
        keep(kafka_error(failure.err, subject_, rd_kafka_message_errstr(&failure)));
    }
}

/// librdkafka goes on trying after everything that is not fatal, a missing permission too.
void KafkaConsumerFailures::keep(Error error) {
    error.retryable = error.code != ErrorCode::fenced;
    pending_ = std::move(error);
}

Status KafkaConsumerFailures::take() {
    if (fatal_) {
        return *fatal_;
    }
    if (pending_) {
        return *std::exchange(pending_, std::nullopt);
    }
    if (unreachable_) {
        probe();
    }
    if (unreachable_) {
        return Error{ErrorCode::unavailable, fmt::format("{}: no broker of {} can be reached", subject_, servers_),
                     true};
    }
    look_for_missing();
    if (!missing_.empty()) {
        return Error{ErrorCode::not_found, fmt::format("topic {}: does not exist (yet)", *missing_.begin()), true};
    }
    return {};
}

Error KafkaConsumerFailures::fatal_error() const {
    std::array<char, 512> reason{};
    const auto code = rd_kafka_fatal_error(client_, reason.data(), reason.size());
    Error error = kafka_error(code, subject_, reason.data());
    if (error.code != ErrorCode::fenced) {
        error.code = ErrorCode::fatal;
    }
    error.retryable = false;
    return error;
}

/// librdkafka says when the last broker went and never when one is back, and on a quiet topic no record tells.
void KafkaConsumerFailures::probe() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_probe_) {
        return;
    }
    next_probe_ = now + kProbeEvery;
    const rd_kafka_metadata_t* answer = nullptr;
    unreachable_ = rd_kafka_metadata(client_, 0, nullptr, &answer, to_wait(kPatience)) != RD_KAFKA_RESP_ERR_NO_ERROR;
    const KafkaMetadata unused(answer);
}

void KafkaConsumerFailures::look_for_missing() {
    const auto now = std::chrono::steady_clock::now();
    if (missing_.empty() || now < next_probe_) {
        return;
    }
    next_probe_ = now + kProbeEvery;
    if (const auto count = partition_count(client_, *missing_.begin(), kPatience); count && count.value()) {
        spdlog::info("{}: topic {}: is there now", subject_, *missing_.begin());
        missing_.erase(missing_.begin());
    }
}

} // namespace streaming::detail
