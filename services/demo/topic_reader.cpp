#include "services/demo/topic_reader.hpp"

#include <librdkafka/rdkafka.h>
#include <array>
#include <set>
#include <stdexcept>

namespace services::demo {
namespace {

constexpr int kTimeoutMs = 10'000; // of one answer, and of silence while reading

constexpr int kTries = 50;
constexpr int kWaitMs = 200;

struct Destroy {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
    void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
    void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
    void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
    void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
template <class T>
using Handle = std::unique_ptr<T, Destroy>;

void require(rd_kafka_resp_err_t error, const std::string& what) {
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw std::runtime_error("reading " + what + ": " + rd_kafka_err2str(error));
    }
}

} // namespace

struct TopicReader::State {
    Handle<rd_kafka_t> client{};
    [[nodiscard]] rd_kafka_resp_err_t look_at(const std::string& topic, Ranges& ranges) const; // once
};

TopicReader::TopicReader(const std::string& bootstrap_servers) : state_(std::make_unique<State>()) {
    std::array<char, 256> problem{};
    rd_kafka_conf_t* settings = rd_kafka_conf_new();
    const auto set = [&](const char* name, const std::string& value) {
        if (rd_kafka_conf_set(settings, name, value.c_str(), problem.data(), problem.size()) != RD_KAFKA_CONF_OK) {
            rd_kafka_conf_destroy(settings);
            throw std::runtime_error(problem.data());
        }
    };
    set("bootstrap.servers", bootstrap_servers);
    set("client.id", "demo-account");
    set("group.id", "demo-account"); // asked for by librdkafka; nothing is committed and no group is joined
    set("enable.auto.commit", "false");
    set("enable.partition.eof", "true");
    set("auto.offset.reset", "error");
    set("fetch.wait.max.ms", "10"); // a topic is read to its end and left: nobody waits for more
    state_->client.reset(rd_kafka_new(RD_KAFKA_CONSUMER, settings, problem.data(), problem.size()));
    if (state_->client == nullptr) {
        rd_kafka_conf_destroy(settings);
        throw std::runtime_error(problem.data());
    }
    rd_kafka_poll_set_consumer(state_->client.get());
}

TopicReader::~TopicReader() {
    if (state_->client != nullptr) {
        rd_kafka_consumer_close(state_->client.get());
    }
}

TopicReader::Ranges TopicReader::ranges(const std::string& topic) const {
    Ranges ranges;
    rd_kafka_resp_err_t error = state_->look_at(topic, ranges);
    for (int tries = 1; error != RD_KAFKA_RESP_ERR_NO_ERROR && tries < kTries; ++tries) {
        // A topic that was just made has no leader yet. Nothing is assigned: this only waits.
        const Handle<rd_kafka_message_t> nothing(rd_kafka_consumer_poll(state_->client.get(), kWaitMs));
        error = state_->look_at(topic, ranges);
    }
    require(error, topic);
    return ranges;
}

rd_kafka_resp_err_t TopicReader::State::look_at(const std::string& topic, Ranges& ranges) const {
    ranges.clear();
    const Handle<rd_kafka_topic_t> handle(rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
    const rd_kafka_metadata_t* answer = nullptr;
    if (const auto error = rd_kafka_metadata(client.get(), 0, handle.get(), &answer, kTimeoutMs);
        error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return error;
    }
    const Handle<const rd_kafka_metadata_t> metadata(answer);
    for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
        const std::int32_t partition = metadata->topics[0].partitions[i].id;
        Range& range = ranges[partition];
        if (const auto error = rd_kafka_query_watermark_offsets(client.get(), topic.c_str(), partition, &range.first,
                                                                &range.end, kTimeoutMs);
            error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return error;
        }
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

TopicReader::Count TopicReader::count(const std::string& topic, const Ranges& before) const {
    Count count;
    read(topic, [&](const Record& record) {
        const auto known = before.find(record.partition);
        ++count.all;
        count.added += known == before.end() || record.offset >= known->second.end ? 1U : 0U;
    });
    return count;
}

std::vector<std::string> TopicReader::payloads(const std::string& topic) const {
    std::vector<std::string> all;
    read(topic, [&all](const Record& record) { all.emplace_back(record.payload); });
    return all;
}

void TopicReader::read(const std::string& topic, const std::function<void(const Record&)>& visit) const {
    rd_kafka_t* client = state_->client.get();
    std::set<std::int32_t> unread;
    const Handle<rd_kafka_topic_partition_list_t> assignment(rd_kafka_topic_partition_list_new(1));
    for (const auto& [partition, range] : ranges(topic)) {
        if (range.end > range.first) {
            rd_kafka_topic_partition_list_add(assignment.get(), topic.c_str(), partition)->offset = range.first;
            unread.insert(partition);
        }
    }
    require(rd_kafka_assign(client, assignment.get()), topic);
    while (!unread.empty()) {
        const Handle<rd_kafka_message_t> message(rd_kafka_consumer_poll(client, kTimeoutMs));
        if (message == nullptr) {
            throw std::runtime_error("reading " + topic + ": the broker is silent");
        }
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            unread.erase(message->partition);
        } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            visit({.partition = message->partition,
                   .offset = message->offset,
                   .payload = {static_cast<const char*>(message->payload), message->len}});
        } else if (message->rkt != nullptr) {
            require(message->err,
                    topic); // an error of the topic; others, such as a lost connection, heal by themselves
        }
    }
    require(rd_kafka_assign(client, nullptr), topic);
}

} // namespace services::demo
