// wrapper: batches of records that were just fetched, sent until each is acknowledged.

#include <algorithm>
#include <array>
#include <cstring>

#include "bench/fetched_rows.hpp"
#include "bench/measurement.hpp"
#include "bench/raw_legs.hpp"
#include "bench/raw_producer.hpp"

namespace bench::raw {
namespace {

/// As many batches as ours may have in flight.
constexpr std::size_t kMostBatches = 16;

/// 500 records on their way, their bytes in one piece of memory that is used again.
struct Parcel {
    std::vector<char> bytes{};
    std::vector<rd_kafka_message_t> messages{};
    std::size_t open = 0;

    void fill(const FetchedRows& rows, std::size_t first, std::size_t count) {
        std::size_t total = 0;
        for (std::size_t i = first; i < first + count; ++i) {
            total += rows.payload(i).size();
        }
        bytes.resize(total);
        messages.assign(count, rd_kafka_message_t{});
        char* next = bytes.data();
        for (std::size_t i = 0; i < count; ++i) {
            const std::string& payload = rows.payload(first + i);
            const std::string& key = rows.key(first + i);
            std::memcpy(next, payload.data(), payload.size());
            messages[i].payload = next;
            messages[i].len = payload.size();
            messages[i].key = const_cast<char*>(key.data()); // copied by librdkafka
            messages[i].key_len = key.size();
            messages[i]._private = this;
            next += payload.size();
        }
        open = count;
    }
    static void count_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            fail(std::string("a record was not delivered: ") + rd_kafka_err2str(message->err));
        }
        --static_cast<Parcel*>(message->_private)->open;
    }
};

} // namespace

void run_wrapper(const LegOptions& options) {
    const Handle producer = make_producer(options.brokers, &Parcel::count_delivery);
    const Topic topic = make_topic(producer.get(), options.out);
    const FetchedRows rows;
    std::array<Parcel, kMostBatches> parcels;
    Measurement measurement;
    measurement.begin();
    for (std::size_t sent = 0, turn = 0; sent < options.records; ++turn) {
        Parcel& parcel = parcels[turn % kMostBatches];
        (void)rd_kafka_poll(producer.get(), 0);
        while (parcel.open > 0) {
            (void)rd_kafka_poll(producer.get(), 10);
        }
        const std::size_t count = std::min(kBatchRecords, options.records - sent);
        parcel.fill(rows, sent, count);
        if (rd_kafka_produce_batch(topic.get(), RD_KAFKA_PARTITION_UA, 0, parcel.messages.data(),
                                   static_cast<int>(count)) != static_cast<int>(count)) {
            fail("the producer refused records");
        }
        sent += count;
    }
    while (std::ranges::any_of(parcels, [](const Parcel& parcel) { return parcel.open > 0; })) {
        (void)rd_kafka_poll(producer.get(), 10);
    }
    measurement.end();
    measurement.print(options.leg, options.records);
}

} // namespace bench::raw
