#pragma once

#include <librdkafka/rdkafka.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// librdkafka without a framework: what the twin and the loader share.
namespace bench::raw {

[[noreturn]] inline void fail(const std::string& what) {
    std::fprintf(stderr, "raw client: %s\n", what.c_str());
    std::exit(1);
}

using Property = std::pair<const char*, std::string>;

inline void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
    std::array<char, 512> error{};
    if (rd_kafka_conf_set(conf, name, value.c_str(), error.data(), error.size()) != RD_KAFKA_CONF_OK) {
        fail(error.data());
    }
}

inline rd_kafka_conf_t* make_conf(std::initializer_list<Property> properties) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : properties) {
        set(conf, name, value);
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

} // namespace bench::raw
