// start: what a bare program needs until its producer knows the topic, Redis answers, and its consumer has partitions.

#include "bench/raw_legs.hpp"
#include "bench/raw_producer.hpp"
#include "bench/raw_redis.hpp"

namespace bench::raw {

void run_start(const LegOptions& options) {
    const auto begin = Clock::now();
    const auto elapsed = [&begin] { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); };
    const Handle producer = make_producer(options.brokers, &Batch::count_delivery);
    const Topic topic = make_topic(producer.get(), options.topic);
    if (!options.redis.empty() && ask_redis(connect_redis(options.redis).get(), {"EXISTS", "nothing"}) != 0) {
        fail("Redis knows nothing");
    }
    Consumer consumer(options);
    const double started = elapsed();
    for (int assigned = 0; assigned == 0;) {
        if (rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer.handle(), 1); message != nullptr) {
            rd_kafka_message_destroy(message);
        }
        rd_kafka_topic_partition_list_t* partitions = nullptr;
        if (rd_kafka_assignment(consumer.handle(), &partitions) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            assigned = partitions->cnt;
            rd_kafka_topic_partition_list_destroy(partitions);
        }
    }
    std::printf("{\"leg\":\"start\",\"started_ms\":%.1f,\"ready_ms\":%.1f}\n", started, elapsed());
}

} // namespace bench::raw
