#include "bench/load.hpp"

#include "bench/observation.hpp"
#include "bench/raw_client.hpp"

namespace bench {

void load(const LoadOptions& options) {
    std::size_t delivered = 0;
    rd_kafka_conf_t* conf = raw::make_conf({{"bootstrap.servers", options.brokers},
                                            {"enable.idempotence", "true"},
                                            {"linger.ms", "5"},
                                            {"socket.nagle.disable", "true"}});
    rd_kafka_conf_set_opaque(conf, &delivered);
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* delivered_records) {
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            raw::fail(std::string("loading failed: ") + rd_kafka_err2str(message->err));
        }
        ++*static_cast<std::size_t*>(delivered_records);
    });
    const raw::Handle producer = raw::make_handle(RD_KAFKA_PRODUCER, conf);
    const raw::Topic topic(rd_kafka_topic_new(producer.get(), options.topic.c_str(), nullptr));

    std::string payload;
    for (std::size_t sequence = 0; sequence < options.observations.records; ++sequence) {
        payload.clear();
        options.observations.write(sequence, payload);
        const std::string key = station_key(sequence);
        const auto partition =
            static_cast<std::int32_t>(sequence % kStations % static_cast<std::size_t>(options.partitions));
        while (rd_kafka_produce(topic.get(), partition, RD_KAFKA_MSG_F_COPY, payload.data(), payload.size(), key.data(),
                                key.size(), nullptr) != 0) {
            if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
                raw::fail(std::string("loading failed: ") + rd_kafka_err2str(rd_kafka_last_error()));
            }
            (void)rd_kafka_poll(producer.get(), 10);
        }
        (void)rd_kafka_poll(producer.get(), 0);
    }
    (void)rd_kafka_flush(producer.get(), 60'000);
    if (delivered != options.observations.records) {
        raw::fail("loading failed: " + std::to_string(delivered) + " of " +
                  std::to_string(options.observations.records) + " records were acknowledged");
    }
}

} // namespace bench
