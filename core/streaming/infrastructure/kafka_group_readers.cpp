#include "core/streaming/infrastructure/kafka_group_readers.hpp"

#include <algorithm>

#include "core/streaming/infrastructure/kafka_errors.hpp"
#include "core/streaming/infrastructure/kafka_partitions.hpp"
#include "core/streaming/infrastructure/kafka_settings.hpp"

namespace streaming::detail {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kAskAgainAfter = 50ms;

bool passes_by_itself(rd_kafka_resp_err_t code) noexcept {
    return code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS || code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR ||
           code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE;
}

/// Takes what the client has to tell, so that it does not pile up, and returns the last of it. Waits for the first.
rd_kafka_resp_err_t last_complaint(rd_kafka_t* client, std::chrono::milliseconds wait = 0ms) {
    auto last = RD_KAFKA_RESP_ERR_NO_ERROR;
    while (rd_kafka_message_t* const told = rd_kafka_consumer_poll(client, to_wait(wait))) {
        last = told->err;
        wait = 0ms;
        rd_kafka_message_destroy(told);
    }
    return last;
}

} // namespace

Status KafkaGroupReaders::read(const std::string& group, rd_kafka_topic_partition_list_t& partitions,
                               const std::string& subject, std::chrono::milliseconds timeout) {
    const auto deadline = steady_clock::now() + timeout;
    const auto reader = reader_of(group);
    if (!reader) {
        return reader.error();
    }
    const auto left = [deadline] {
        return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now()), 1ms);
    };
    auto failure = rd_kafka_committed(reader.value(), &partitions, to_wait(left()));
    while (passes_by_itself(failure) && left() > kAskAgainAfter) {
        (void)last_complaint(reader.value(), kAskAgainAfter);
        failure = rd_kafka_committed(reader.value(), &partitions, to_wait(left()));
    }
    const auto complaint = last_complaint(reader.value());
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return {};
    }
    // Such as that the group may not be looked at: the question itself then only ran out of time.
    const bool says_why = failure == RD_KAFKA_RESP_ERR__TIMED_OUT && complaint != RD_KAFKA_RESP_ERR_NO_ERROR;
    return kafka_error(says_why ? complaint : failure, subject);
}

Result<rd_kafka_t*> KafkaGroupReaders::reader_of(const std::string& group) {
    if (group.empty()) {
        return Error{ErrorCode::invalid_argument, "lag: the name of the consumer group is empty", false};
    }
    const std::lock_guard lock(mutex_);
    auto& reader = readers_[group];
    if (!reader) {
        auto settings = group_reader_settings(kafka_, group);
        if (!settings) {
            return settings.error();
        }
        auto client = open_client(RD_KAFKA_CONSUMER, std::move(settings).value());
        if (!client) {
            return client.error();
        }
        reader.reset(std::move(client).value().release());
    }
    return reader.get();
}

} // namespace streaming::detail
