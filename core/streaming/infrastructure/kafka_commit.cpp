#include "core/streaming/infrastructure/kafka_commit.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "core/streaming/infrastructure/kafka_errors.hpp"
#include "core/streaming/infrastructure/kafka_partitions.hpp"

namespace streaming::detail {
namespace {

constexpr int kPatience = 5000;

rd_kafka_resp_err_t commit_and_wait(rd_kafka_t* client, const rd_kafka_topic_partition_list_t* list) {
    const KafkaQueue replies(rd_kafka_queue_new(client));
    if (const auto failure = rd_kafka_commit_queue(client, list, replies.get(), nullptr, nullptr);
        failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return failure;
    }
    const KafkaEvent reply(rd_kafka_queue_poll(replies.get(), kPatience));
    if (!reply) {
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    if (const auto failure = rd_kafka_event_error(reply.get()); failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return failure;
    }
    const auto* const answers = rd_kafka_event_topic_partition_list(reply.get());
    for (int i = 0; answers != nullptr && i < answers->cnt; ++i) {
        if (answers->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return answers->elems[i].err;
        }
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

} // namespace

Status commit_offsets(rd_kafka_t* client, std::span<const TopicOffset> offsets, CommitMode mode,
                      std::string_view subject) {
    const auto list = to_list(offsets);
    const auto failure =
        mode == CommitMode::wait ? commit_and_wait(client, list.get()) : rd_kafka_commit(client, list.get(), 1);
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR || failure == RD_KAFKA_RESP_ERR__NO_OFFSET) {
        return {};
    }
    Error error = kafka_error(failure, fmt::format("{}: commit", subject));
    if (error.code == ErrorCode::assignment_lost) {
        spdlog::info("{}; the next owner reads these records again", error.message);
    }
    return error;
}

void log_commit(rd_kafka_t* client, rd_kafka_resp_err_t failure, rd_kafka_topic_partition_list_t* /*offsets*/,
                void* /*opaque*/) {
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR && failure != RD_KAFKA_RESP_ERR__NO_OFFSET) {
        spdlog::info("kafka {}: commit: {}; the next one repairs it", rd_kafka_name(client), rd_kafka_err2str(failure));
    }
}

} // namespace streaming::detail
