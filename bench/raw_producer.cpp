#include "bench/raw_producer.hpp"

namespace bench::raw {

Handle make_producer(const std::string& brokers, DeliveryReport report, const std::string& linger) {
    rd_kafka_conf_t* conf = make_conf({{"bootstrap.servers", brokers},
                                       {"acks", "all"},
                                       {"enable.idempotence", "true"},
                                       {"linger.ms", linger},
                                       {"socket.nagle.disable", "true"}});
    rd_kafka_conf_set_dr_msg_cb(conf, report);
    return make_handle(RD_KAFKA_PRODUCER, conf);
}

Topic make_topic(rd_kafka_t* producer, const std::string& name) {
    Topic topic(rd_kafka_topic_new(producer, name.c_str(), nullptr));
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(producer, 0, topic.get(), &metadata, 10'000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("no metadata of " + name);
    }
    rd_kafka_metadata_destroy(metadata);
    return topic;
}

void Batch::clear() {
    bytes.clear();
    ends.clear();
    from.clear();
    positions.clear();
    open = 0;
}

void Batch::send(rd_kafka_topic_t* topic) {
    outputs.assign(ends.size(), rd_kafka_message_t{});
    std::size_t begin = 0;
    for (std::size_t index = 0; index < ends.size(); ++index) {
        rd_kafka_message_t& output = outputs[index];
        output.payload = bytes.data() + begin; // lent; keys are copied by librdkafka
        output.len = ends[index] - begin;
        output.key = from[index]->key;
        output.key_len = from[index]->key_len;
        output._private = this;
        begin = ends[index];
    }
    open = outputs.size();
    const int accepted =
        rd_kafka_produce_batch(topic, RD_KAFKA_PARTITION_UA, 0, outputs.data(), static_cast<int>(outputs.size()));
    if (accepted != static_cast<int>(outputs.size())) {
        fail("the producer refused records");
    }
}

void Batch::count_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail(std::string("a record was not delivered: ") + rd_kafka_err2str(message->err));
    }
    --static_cast<Batch*>(message->_private)->open;
}

} // namespace bench::raw
