#include "core/streaming/infrastructure/kafka_errors.hpp"

#include <fmt/format.h>

namespace streaming::detail {
namespace {

struct Kind {
    ErrorCode code;
    bool retryable;
};

Kind kind_of(rd_kafka_resp_err_t code) noexcept {
    switch (code) {
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        case RD_KAFKA_RESP_ERR__UNKNOWN_GROUP:
            return {ErrorCode::not_found, true};
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
            return {ErrorCode::already_exists, false};
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE:
            return {ErrorCode::too_large, false};
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        case RD_KAFKA_RESP_ERR__AUTHENTICATION:
            return {ErrorCode::not_authorized, false};
        case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
        case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
        case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
        case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
        case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
            return {ErrorCode::assignment_lost, true};
        case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
        case RD_KAFKA_RESP_ERR__FENCED:
        case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
            return {ErrorCode::fenced, false};
        case RD_KAFKA_RESP_ERR__FATAL:
            return {ErrorCode::fatal, false};
        case RD_KAFKA_RESP_ERR__TIMED_OUT:
        case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
        case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
        case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
            return {ErrorCode::timed_out, true};
        case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
            return {ErrorCode::unknown_outcome, true};
        case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
        case RD_KAFKA_RESP_ERR__DESTROY:
            return {ErrorCode::stopped, true};
        case RD_KAFKA_RESP_ERR__INVALID_ARG:
        case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
        case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
        case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
        case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
        case RD_KAFKA_RESP_ERR_INVALID_RECORD: // such as one without a key for a compacted topic
        case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
        case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
            return {ErrorCode::invalid_argument, false};
        case RD_KAFKA_RESP_ERR__BAD_MSG:
        case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
        case RD_KAFKA_RESP_ERR_INVALID_MSG:
            return {ErrorCode::malformed, true};
        default:
            return {ErrorCode::unavailable, true};
    }
}

} // namespace

Error kafka_error(rd_kafka_resp_err_t code, std::string_view subject, std::string_view detail) {
    const Kind kind = kind_of(code);
    const std::string_view text = detail.empty() ? std::string_view(rd_kafka_err2str(code)) : detail;
    return {kind.code, fmt::format("{}: {} ({})", subject, text, rd_kafka_err2name(code)), kind.retryable};
}

Error delivery_error(const rd_kafka_message_t& report) {
    const char* const topic = report.rkt != nullptr ? rd_kafka_topic_name(report.rkt) : "";
    Error error = kafka_error(report.err, fmt::format("topic {}", topic));
    if (report.err == RD_KAFKA_RESP_ERR__FATAL) {
        // The handle is beyond repair, the record is not: the producer makes a new handle by itself.
        error.code = ErrorCode::unavailable;
        error.retryable = true;
    }
    if (rd_kafka_message_status(&report) == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED) {
        error.code = ErrorCode::unknown_outcome;
        error.retryable = true;
    }
    return error;
}

Error delivery_error_of_ended(const rd_kafka_message_t& report) {
    Error error = delivery_error(report);
    if (error.code == ErrorCode::stopped) {
        error.code = ErrorCode::unavailable; // given up for the sake of a new client, not for good
    } else if (error.code == ErrorCode::unknown_outcome && report.err != RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
        error.code = ErrorCode::interrupted;
    }
    return error;
}

} // namespace streaming::detail
