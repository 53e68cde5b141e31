#include "tests/support/kafka_tools.hpp"

#include <librdkafka/rdkafka.h>

#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

namespace streaming::testing_support {
namespace {

constexpr int kPatience = 10'000;

using Client = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;
using List = std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)>;
using Queue = std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)>;
using Event = std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)>;

Client open(const std::string& servers) {
    char reason[256];
    auto* const conf = rd_kafka_conf_new();
    for (const auto& [name, value] : {std::pair<std::string, std::string>{"bootstrap.servers", servers},
                                      {"socket.nagle.disable", "true"},
                                      {"reconnect.backoff.max.ms", "500"},
                                      {"log_level", "0"}}) { // brokers come and go here
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason, sizeof reason) != RD_KAFKA_CONF_OK) {
            throw std::runtime_error(reason);
        }
    }
    auto* const client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (client == nullptr) {
        throw std::runtime_error(reason);
    }
    return {client, &rd_kafka_destroy};
}

void check(const std::string& what, rd_kafka_resp_err_t error, const char* reason = nullptr) {
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw std::runtime_error(what + ": " + (reason != nullptr ? reason : rd_kafka_err2str(error)));
    }
}

List one_partition(const std::string& topic, std::int32_t partition, std::int64_t offset) {
    List list(rd_kafka_topic_partition_list_new(1), &rd_kafka_topic_partition_list_destroy);
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
    return list;
}

Event answer_of(rd_kafka_queue_t* queue, const std::string& what) {
    Event answer(rd_kafka_queue_poll(queue, kPatience), &rd_kafka_event_destroy);
    if (answer == nullptr) {
        throw std::runtime_error(what + ": no answer");
    }
    check(what, rd_kafka_event_error(answer.get()), rd_kafka_event_error_string(answer.get()));
    return answer;
}

int partitions_of(rd_kafka_t* client, const std::string& topic, int patience) {
    auto* const handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto failure = rd_kafka_metadata(client, 0, handle, &metadata, patience);
    const int count = failure == RD_KAFKA_RESP_ERR_NO_ERROR ? metadata->topics[0].partition_cnt : 0;
    if (metadata != nullptr) {
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(handle);
    return count;
}

/// By ListOffsets, which keeps to its timeout: rd_kafka_query_watermark_offsets of 2.0.2 waits for a dead leader for
/// ever.
std::int64_t end_of(rd_kafka_t* client, const std::string& topic, int patience) {
    const int partitions = partitions_of(client, topic, patience);
    const List list(rd_kafka_topic_partition_list_new(partitions), &rd_kafka_topic_partition_list_destroy);
    for (std::int32_t partition = 0; partition < partitions; ++partition) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_END;
    }
    if (partitions == 0 || rd_kafka_offsets_for_times(client, list.get(), patience) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return -1;
    }
    std::int64_t sum = 0;
    for (const auto& element : std::span(list->elems, static_cast<std::size_t>(list->cnt))) {
        if (element.err != RD_KAFKA_RESP_ERR_NO_ERROR || element.offset < 0) {
            return -1;
        }
        sum += element.offset;
    }
    return sum;
}

} // namespace

void add_partitions(const std::string& servers, const std::string& topic, std::size_t total) {
    const Client client = open(servers);
    const Queue queue(rd_kafka_queue_new(client.get()), &rd_kafka_queue_destroy);
    char reason[256];
    rd_kafka_NewPartitions_t* wanted = rd_kafka_NewPartitions_new(topic.c_str(), total, reason, sizeof reason);
    rd_kafka_CreatePartitions(client.get(), &wanted, 1, nullptr, queue.get());
    rd_kafka_NewPartitions_destroy(wanted);
    const Event answer = answer_of(queue.get(), topic);
    std::size_t count = 0;
    const auto* const* const topics =
        rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(answer.get()), &count);
    for (const auto* const result : std::span(topics, count)) {
        check(topic, rd_kafka_topic_result_error(result), rd_kafka_topic_result_error_string(result));
    }
}

void delete_records_before(const std::string& servers, const std::string& topic, std::int32_t partition,
                           std::int64_t offset) {
    const Client client = open(servers);
    const Queue queue(rd_kafka_queue_new(client.get()), &rd_kafka_queue_destroy);
    rd_kafka_DeleteRecords_t* wanted = rd_kafka_DeleteRecords_new(one_partition(topic, partition, offset).get());
    rd_kafka_DeleteRecords(client.get(), &wanted, 1, nullptr, queue.get());
    rd_kafka_DeleteRecords_destroy(wanted);
    const Event answer = answer_of(queue.get(), topic);
    const auto* const offsets =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(answer.get()));
    check(topic, offsets->elems[0].err);
}

std::int64_t offset_at(const std::string& servers, const std::string& topic, std::int32_t partition,
                       std::chrono::system_clock::time_point time) {
    const Client client = open(servers);
    const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
    const List list = one_partition(topic, partition, since.count());
    check(topic, rd_kafka_offsets_for_times(client.get(), list.get(), kPatience));
    check(topic, list->elems[0].err);
    return list->elems[0].offset;
}

std::int64_t end_of(const std::string& servers, const std::string& topic) {
    return end_of(open(servers).get(), topic, kPatience);
}

bool await_end(const std::string& servers, const std::string& topic, std::int64_t sum,
               std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const Client client = open(servers);
    constexpr int kBetween = 20;
    constexpr int kOneTry = 1000;
    while (end_of(client.get(), topic, kOneTry) < sum) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        (void)rd_kafka_poll(client.get(), kBetween);
    }
    return true;
}

} // namespace streaming::testing_support
