// one_at_a_time: the loop that many services have. For each record: one look-up on a connection that is kept, one send
// and its acknowledgement, one mark; offsets are committed each second. The producer does not linger: it would only
// wait.

#include "bench/measurement.hpp"
#include "bench/observation.hpp"
#include "bench/raw_legs.hpp"
#include "bench/raw_producer.hpp"
#include "bench/raw_redis.hpp"

namespace bench::raw {

void run_one_at_a_time(const LegOptions& options) {
    Consumer consumer(options);
    std::size_t delivered = 0;
    const Handle producer = make_producer(
        options.brokers,
        [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
            if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                fail(std::string("a record was not delivered: ") + rd_kafka_err2str(message->err));
            }
            ++*static_cast<std::size_t*>(message->_private);
        },
        "0");
    const Topic out = make_topic(producer.get(), options.out);
    const Redis redis = connect_redis(options.redis);
    if (redis == nullptr) {
        fail("no Redis at " + options.redis);
    }
    ObservationParser parser;
    std::string converted;
    Positions done;
    Measurement measurement;
    std::vector<rd_kafka_message_t*> taken;
    std::size_t handled = 0;
    std::size_t sent = 0;
    while (handled < options.records) {
        consumer.take(100ms, taken);
        for (std::size_t index = 0; index < taken.size() && handled < options.records; ++index) {
            const rd_kafka_message_t& message = *taken[index];
            if (handled++ == 0) {
                measurement.begin();
            }
            const std::string key = options.group + ":" + std::string(parser.id(payload_of(message)));
            if (ask_redis(redis.get(), {"EXISTS", key}) == 0) {
                converted.clear();
                if (!parser.convert(payload_of(message), converted) ||
                    rd_kafka_produce(out.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, converted.data(),
                                     converted.size(), message.key, message.key_len, &delivered) != 0) {
                    fail("a record could not be sent");
                }
                for (++sent; delivered < sent;) {
                    (void)rd_kafka_poll(producer.get(), 100);
                }
                (void)ask_redis(redis.get(), {"SETEX", key, std::to_string(kTimeToLive.count()), "1"});
            }
            done.advance(message.partition, message.offset + 1);
            consumer.commit_each_interval(done);
        }
        release(taken);
    }
    consumer.commit_now(done);
    measurement.end();
    measurement.print(options.leg, options.records);
}

} // namespace bench::raw
