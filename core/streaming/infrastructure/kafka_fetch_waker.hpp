#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <string>

#include "core/streaming/infrastructure/options.hpp"

namespace streaming::detail {

/// Makes librdkafka fetch on. When its local queue is full it stops fetching and, before 2.2, looks again only once a
/// second, which holds a fast consumer to queued.min.messages a second: waking its broker threads makes copying
/// 2.8 times faster. Anything that puts an operation into the queue of a broker thread wakes it. Requests do
/// (watermarks), but block and ignore their timeout while a broker is away; setting the credentials that are set
/// already does so at once, without a request, and changes nothing for connections that are open. Used by one thread.
/// Borrows the client.
class KafkaFetchWaker {
public:
    KafkaFetchWaker(rd_kafka_t* client, const KafkaOptions& kafka);

    /// To be called while the application is behind; acts every 10 ms at most.
    void behind();

private:
    rd_kafka_t* client_;
    bool needed_;
    std::string user_{};
    std::string password_{};
    std::chrono::steady_clock::time_point next_{};
};

/// From this version on `fetch.queue.backoff.ms` does it.
inline constexpr int kFirstVersionWithQueueBackoff = 0x02020000;

} // namespace streaming::detail
