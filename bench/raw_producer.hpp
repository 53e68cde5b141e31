#pragma once

#include <string>
#include <vector>

#include "bench/raw_consumer.hpp"

namespace bench::raw {

using DeliveryReport = void (*)(rd_kafka_t*, const rd_kafka_message_t*, void*);

/// acks=all, idempotence, no compression; linger 5 ms unless told otherwise.
[[nodiscard]] Handle make_producer(const std::string& brokers, DeliveryReport report, const std::string& linger = "5");

/// Fetches the metadata, so that the first record does not wait for librdkafka's timer.
[[nodiscard]] Topic make_topic(rd_kafka_t* producer, const std::string& name);

/// Up to 500 records on their way: the outputs are lent to the producer until their reports came.
struct Batch {
    std::string bytes{};
    std::vector<std::size_t> ends{};               // of each output in `bytes`
    std::vector<const rd_kafka_message_t*> from{}; // the input of each
    std::vector<rd_kafka_message_t> outputs{};
    Positions positions{};
    std::size_t open = 0; // reports to come

    void clear();
    /// To be called when an output was appended to `bytes`.
    void close_output(const rd_kafka_message_t& input) {
        ends.push_back(bytes.size());
        from.push_back(&input);
    }
    /// Hands all outputs over with the keys of their inputs. `count_delivery` takes their reports.
    void send(rd_kafka_topic_t* topic);
    static void count_delivery(rd_kafka_t* producer, const rd_kafka_message_t* message, void* opaque);
};

} // namespace bench::raw
