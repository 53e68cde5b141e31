#include "core/streaming/infrastructure/kafka_group_leave.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <optional>

#include "core/streaming/infrastructure/abandonable_call.hpp"
#include "core/streaming/infrastructure/kafka_handles.hpp"

namespace streaming::detail {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{8};
/// After the group has ended, requests are answered at once, by an error.
constexpr std::chrono::seconds kAnswersOfTheDead{1};

/// While the group is closed, every answer to a rebalance means: nothing is assigned. librdkafka's main thread takes
/// the answer from its queue, and the caller waits for that without a limit. But a rebalance that began before the
/// close is settled without its answer, so the group can end while the answer is in the queue; 2.0.2 then throws away
/// what is in there (rd_kafka_cgrp_terminated) and wakes nobody. A caller that is left behind then waits on a queue of
/// its own and touches the client no more, so the client may be destroyed.
void answer(rd_kafka_t* client, steady_clock::time_point deadline) {
    std::optional<steady_clock::time_point> ended;
    const auto hopeless = [&] {
        const auto now = steady_clock::now();
        if (!ended && rd_kafka_consumer_closed(client) != 0) {
            ended = now;
        }
        return now >= deadline || (ended && now - *ended >= kAnswersOfTheDead);
    };
    (void)call_unless_hopeless([client] { (void)rd_kafka_assign(client, nullptr); }, hopeless);
}

} // namespace

void leave_group(rd_kafka_t* client, const std::function<void(const rd_kafka_topic_partition_list_t&)>& let_go,
                 std::string_view subject) {
    const KafkaQueue calls(rd_kafka_queue_new(client));
    if (const KafkaProblem failure(rd_kafka_consumer_close_queue(client, calls.get())); failure) {
        return;
    }
    const auto deadline = steady_clock::now() + kPatience;
    while (rd_kafka_consumer_closed(client) == 0) {
        if (steady_clock::now() >= deadline) {
            spdlog::warn("{}: did not leave the group within {} s; its partitions move after the session timeout",
                         subject, kPatience.count());
            return;
        }
        const KafkaEvent event(rd_kafka_queue_poll(calls.get(), 20));
        if (!event || rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_REBALANCE) {
            continue;
        }
        if (rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
            let_go(*rd_kafka_event_topic_partition_list(event.get()));
        }
        answer(client, deadline);
    }
}

} // namespace streaming::detail
