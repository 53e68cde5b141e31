#include "bench/topics.hpp"

#include <algorithm>
#include <functional>

#include "bench/raw_client.hpp"

namespace bench {
namespace {

constexpr int kTimeoutMilliseconds = 30'000;

struct DestroyQueue {
    void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct DestroyEvent {
    void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, DestroyEvent>;

raw::Handle admin(const std::string& brokers) {
    return raw::make_handle(RD_KAFKA_PRODUCER,
                            raw::make_conf({{"bootstrap.servers", brokers}, {"socket.nagle.disable", "true"}}));
}

/// Sends one admin request and returns its answer.
Event ask(rd_kafka_t* client, const std::function<void(rd_kafka_queue_t*)>& request) {
    const std::unique_ptr<rd_kafka_queue_t, DestroyQueue> queue(rd_kafka_queue_new(client));
    request(queue.get());
    Event event(rd_kafka_queue_poll(queue.get(), kTimeoutMilliseconds));
    if (event == nullptr || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        raw::fail(std::string("the broker refused: ") +
                  (event == nullptr ? "no answer" : rd_kafka_event_error_string(event.get())));
    }
    return event;
}

void check(const rd_kafka_topic_result_t* const* results, std::size_t count) {
    for (std::size_t index = 0; index < count; ++index) {
        if (rd_kafka_topic_result_error(results[index]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            raw::fail(std::string("topic ") + rd_kafka_topic_result_name(results[index]) + ": " +
                      rd_kafka_err2str(rd_kafka_topic_result_error(results[index])));
        }
    }
}

} // namespace

void create_topic(const std::string& brokers, const std::string& topic, std::int32_t partitions) {
    const raw::Handle client = admin(brokers);
    rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, nullptr, 0);
    const Event answer = ask(client.get(), [&](rd_kafka_queue_t* queue) {
        rd_kafka_CreateTopics(client.get(), &wanted, 1, nullptr, queue);
    });
    rd_kafka_NewTopic_destroy(wanted);
    std::size_t count = 0;
    check(rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count), count);
}

void delete_topic(const std::string& brokers, const std::string& topic) {
    const raw::Handle client = admin(brokers);
    rd_kafka_DeleteTopic_t* unwanted = rd_kafka_DeleteTopic_new(topic.c_str());
    const Event answer = ask(client.get(), [&](rd_kafka_queue_t* queue) {
        rd_kafka_DeleteTopics(client.get(), &unwanted, 1, nullptr, queue);
    });
    rd_kafka_DeleteTopic_destroy(unwanted);
    std::size_t count = 0;
    check(rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer.get()), &count), count);
}

std::vector<std::int64_t> high_watermarks(const std::string& brokers, const std::string& topic,
                                          std::int32_t partitions) {
    const raw::Handle client = admin(brokers);
    std::vector<std::int64_t> offsets;
    for (std::int32_t partition = 0; partition < partitions; ++partition) {
        std::int64_t low = 0;
        std::int64_t high = 0;
        const auto error =
            rd_kafka_query_watermark_offsets(client.get(), topic.c_str(), partition, &low, &high, kTimeoutMilliseconds);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            raw::fail("watermarks of " + topic + ": " + rd_kafka_err2str(error));
        }
        offsets.push_back(high);
    }
    return offsets;
}

std::int64_t records_committed(const std::string& brokers, const std::string& group, const std::string& topic,
                               std::int32_t partitions) {
    const raw::Handle client = raw::make_handle(
        RD_KAFKA_CONSUMER,
        raw::make_conf({{"bootstrap.servers", brokers}, {"group.id", group}, {"socket.nagle.disable", "true"}}));
    const raw::PartitionList list(rd_kafka_topic_partition_list_new(partitions));
    rd_kafka_topic_partition_list_add_range(list.get(), topic.c_str(), 0, partitions - 1);
    if (const auto error = rd_kafka_committed(client.get(), list.get(), kTimeoutMilliseconds);
        error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        raw::fail("offsets of " + group + ": " + rd_kafka_err2str(error));
    }
    std::int64_t sum = 0;
    for (int index = 0; index < list->cnt; ++index) {
        sum += std::max<std::int64_t>(0, list->elems[index].offset);
    }
    return sum;
}

} // namespace bench
