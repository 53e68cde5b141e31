#pragma once

#include <librdkafka/rdkafka.h>
#include <array>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// librdkafka without a framework: what the twin and the loader share.
namespace bench::raw {

[[noreturn]] inline void fail(const std::string& what) {
    std::fprintf(stderr, "raw client: %s\n", what.c_str());
    std::exit(1);
}

using Property = std::pair<const char*, std::string>;

inline rd_kafka_conf_t* make_conf(std::initializer_list<Property> properties) {
    std::array<char, 512> error{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : properties) {
        if (rd_kafka_conf_set(conf, name, value.c_str(), error.data(), error.size()) != RD_KAFKA_CONF_OK) {
            fail(error.data());
        }
    }
    return conf;
}

struct DestroyHandle {
    void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using Handle = std::unique_ptr<rd_kafka_t, DestroyHandle>;

struct DestroyTopic {
    void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;

struct DestroyList {
    void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyList>;

inline Handle make_handle(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
    std::array<char, 512> error{};
    rd_kafka_t* handle = rd_kafka_new(type, conf, error.data(), error.size());
    if (handle == nullptr) {
        fail(error.data());
    }
    return Handle(handle);
}

/// librdkafka 2.0.2 looks only once a second whether a full local queue was emptied. Any request to the leader wakes
/// its broker thread, which then looks at once: 2-3 times the rate for one small request every 10 ms.
class Nudge {
public:
    Nudge(rd_kafka_t* consumer, std::string topic)
        : consumer_(consumer), topic_(std::move(topic)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

private:
    void run(const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock(mutex);
        while (!stopped.wait_for(lock, stop, std::chrono::milliseconds(10), [&] { return stop.stop_requested(); })) {
            if (stop.stop_requested()) {
                return;
            }
            std::int64_t low = 0;
            std::int64_t high = 0;
            (void)rd_kafka_query_watermark_offsets(consumer_, topic_.c_str(), 0, &low, &high, 100);
        }
    }

    rd_kafka_t* consumer_;
    std::string topic_;
    std::jthread thread_;
};

} // namespace bench::raw
