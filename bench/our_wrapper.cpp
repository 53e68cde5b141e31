// wrapper: ProducerWrapper as the drain of an ingestion drives it.

#include <spdlog/spdlog.h>
#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>

#include "bench/fetched_rows.hpp"
#include "bench/measurement.hpp"
#include "bench/our_leg.hpp"
#include "core/streaming/infrastructure/kafka_message_producer.hpp"
#include "core/streaming/infrastructure/system_clock.hpp"
#include "core/streaming/ingestion/producer_wrapper.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;
using streaming::IngestionRecord;
using streaming::ProducerWrapper;

/// As a source is told.
class SettledCount final : public streaming::SettlementListener {
public:
    void on_settled(std::string_view, streaming::Settlement settlement) noexcept override {
        acknowledged_ += settlement == streaming::Settlement::acknowledged ? 1 : 0;
    }
    [[nodiscard]] std::size_t acknowledged() const noexcept { return acknowledged_; }

private:
    std::size_t acknowledged_ = 0; ///< only the drain settles here
};

class Drain {
public:
    Drain(streaming::MessageProducer& producer, const LegOptions& options)
        : options_(options),
          wrapper_({.producer = producer,
                    .clock = streaming::system_clock(),
                    .log = *spdlog::default_logger(),
                    .on_progress =
                        [this] {
                            const std::scoped_lock lock(progress_mutex_);
                            progress_ = true;
                            progressed_.notify_one();
                        }},
                   {}, "bench", true) {}

    [[nodiscard]] std::size_t run() {
        std::size_t sent = 0;
        while (sent < options_.records || wrapper_.in_flight() > 0) {
            wrapper_.serve({});
            const std::size_t count = std::min(kBatchRecords, options_.records - sent);
            if (wrapper_.wants(count, 1h)) {
                wrapper_.send(batch(sent, count), {});
                sent += count;
            } else if (wrapper_.in_flight() > 0) {
                std::unique_lock lock(progress_mutex_);
                progressed_.wait(lock, [this] { return std::exchange(progress_, false); });
            }
        }
        return settled_->acknowledged();
    }

private:
    static constexpr std::size_t kBatchRecords = 500;

    [[nodiscard]] std::vector<IngestionRecord> batch(std::size_t first, std::size_t count) const {
        std::vector<IngestionRecord> records(count);
        for (std::size_t i = 0; i < count; ++i) {
            records[i].id = rows_.id(first + i);
            records[i].source = "stations";
            records[i].topic = options_.out;
            records[i].key = rows_.key(first + i);
            records[i].payload = rows_.payload(first + i);
            records[i].listener = settled_;
        }
        return records;
    }

    const LegOptions& options_;
    FetchedRows rows_{};
    std::shared_ptr<SettledCount> settled_ = std::make_shared<SettledCount>();
    std::mutex progress_mutex_{};
    std::condition_variable progressed_{};
    bool progress_ = false;
    ProducerWrapper wrapper_;
};

} // namespace

int run_our_wrapper(const LegOptions& options) {
    streaming::KafkaMessageProducer producer({.bootstrap_servers = options.brokers, .compression_type = "none"}, {});
    Drain drain(producer, options);
    const streaming::Status started = producer.start(10s);
    Measurement measurement;
    measurement.begin();
    const std::size_t acknowledged = started ? drain.run() : 0;
    measurement.end();
    (void)producer.stop(0ms);
    if (acknowledged != options.records) {
        std::fprintf(stderr, "ours: %zu of %zu records were acknowledged\n", acknowledged, options.records);
        return 1;
    }
    measurement.print(options.leg, options.records);
    return 0;
}

} // namespace bench
