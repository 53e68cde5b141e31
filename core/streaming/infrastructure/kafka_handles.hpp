#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace streaming::detail {

/// Calls one function of librdkafka on what a unique_ptr lets go of.
template <auto Destroy>
struct KafkaDeleter {
    template <class T>
    void operator()(T* handle) const noexcept {
        Destroy(handle);
    }
};

using KafkaHandle = std::unique_ptr<rd_kafka_t, KafkaDeleter<&rd_kafka_destroy>>;
using KafkaConf = std::unique_ptr<rd_kafka_conf_t, KafkaDeleter<&rd_kafka_conf_destroy>>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, KafkaDeleter<&rd_kafka_queue_destroy>>;
using KafkaEvent = std::unique_ptr<rd_kafka_event_t, KafkaDeleter<&rd_kafka_event_destroy>>;
using KafkaTopic = std::unique_ptr<rd_kafka_topic_t, KafkaDeleter<&rd_kafka_topic_destroy>>;
using KafkaHeaders = std::unique_ptr<rd_kafka_headers_t, KafkaDeleter<&rd_kafka_headers_destroy>>;
using KafkaMetadata = std::unique_ptr<const rd_kafka_metadata_t, KafkaDeleter<&rd_kafka_metadata_destroy>>;
using KafkaProblem = std::unique_ptr<rd_kafka_error_t, KafkaDeleter<&rd_kafka_error_destroy>>;
/// Never kept: a list that went through pause, resume or commit holds references that make rd_kafka_destroy hang.
using KafkaPartitions =
    std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaDeleter<&rd_kafka_topic_partition_list_destroy>>;

} // namespace streaming::detail
