#include "tests/support/kafka_reader.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <tuple>

namespace streaming::testing_support {
namespace {

using Consumer = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;
using List = std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)>;
using Event = std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)>;

Consumer open(const std::string& servers) {
    char reason[256];
    auto* const conf = rd_kafka_conf_new();
    for (const auto& [name, value] : {std::pair<std::string, std::string>{"bootstrap.servers", servers},
                                      {"group.id", "kafka-reader"},
                                      {"enable.auto.commit", "false"},
                                      {"enable.partition.eof", "true"},
                                      {"fetch.wait.max.ms", "5"},
                                      {"socket.nagle.disable", "true"}}) {
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason, sizeof reason) != RD_KAFKA_CONF_OK) {
            throw std::runtime_error(reason);
        }
    }
    auto* const client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (client == nullptr) {
        throw std::runtime_error(reason);
    }
    return {client, &rd_kafka_destroy};
}

std::int32_t partitions_of(rd_kafka_t* client, const std::string& topic, int timeout) {
    auto* const handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto failure = rd_kafka_metadata(client, 0, handle, &metadata, timeout);
    const std::int32_t count =
        failure == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    if (metadata != nullptr) {
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(handle);
    if (count == 0) {
        throw std::runtime_error("topic " + topic + ": " + rd_kafka_err2str(failure));
    }
    return count;
}

std::optional<std::string> copy(const void* data, std::size_t size) {
    return data == nullptr ? std::nullopt : std::optional(std::string(static_cast<const char*>(data), size));
}

StoredRecord copy(const rd_kafka_message_t& message) {
    StoredRecord record{.partition = message.partition,
                        .offset = message.offset,
                        .key = copy(message.key, message.key_len),
                        .payload = copy(message.payload, message.len)};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char* name = nullptr;
        const void* value = nullptr;
        std::size_t size = 0;
        for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
             ++i) {
            record.headers.append(name, copy(value, size));
        }
    }
    return record;
}

} // namespace

std::vector<StoredRecord> read_topic(const std::string& servers, const std::string& topic,
                                     std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const Consumer client = open(servers);
    rd_kafka_poll_set_consumer(client.get());
    const std::int32_t partitions = partitions_of(client.get(), topic, static_cast<int>(timeout.count()));
    {
        const List list(rd_kafka_topic_partition_list_new(partitions), &rd_kafka_topic_partition_list_destroy);
        for (std::int32_t partition = 0; partition < partitions; ++partition) {
            rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
        }
        rd_kafka_assign(client.get(), list.get());
    }
    std::vector<StoredRecord> records;
    for (std::int32_t ended = 0; ended < partitions;) {
        if (std::chrono::steady_clock::now() >= deadline) {
            throw std::runtime_error("topic " + topic + ": did not end in time");
        }
        const Event message(rd_kafka_consumer_poll(client.get(), 100), &rd_kafka_message_destroy);
        if (message == nullptr) {
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            ++ended;
        } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            records.push_back(copy(*message));
        }
    }
    std::ranges::sort(records, {},
                      [](const StoredRecord& record) { return std::tuple(record.partition, record.offset); });
    return records;
}

std::vector<StoredRecord> await_records(const std::string& servers, const std::string& topic, std::size_t count,
                                        std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    auto records = read_topic(servers, topic, timeout);
    while (records.size() < count && std::chrono::steady_clock::now() < deadline) {
        records = read_topic(servers, topic, timeout);
    }
    return records;
}

} // namespace streaming::testing_support
