#include "bench/broker_under_bench.hpp"

#include <unistd.h>
#include <algorithm>
#include <chrono>

#include "bench/load.hpp"
#include "bench/raw_client.hpp"
#include "bench/topics.hpp"

namespace bench {
namespace {

constexpr std::int32_t kPartitions = 8;

/// The embedded broker keeps 5 MiB of each partition and drops the rest silently; 14,000 of our records are 4 MiB.
std::int32_t partitions_that_keep(std::size_t records) {
    constexpr std::size_t kRecordsPerPartition = 14'000;
    return std::max(kPartitions,
                    static_cast<std::int32_t>((records + kRecordsPerPartition - 1) / kRecordsPerPartition));
}

std::string unique_prefix() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return "bench-" + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count()) + "-" +
           std::to_string(getpid()) + "-";
}

} // namespace

BrokerUnderBench::BrokerUnderBench(const std::string& brokers, std::size_t records)
    : embedded_(brokers.empty() ? std::make_unique<streaming::EmbeddedBroker>() : nullptr),
      brokers_(embedded_ ? embedded_->bootstrap_servers() : brokers),
      records_(records),
      input_partitions_(embedded_ ? partitions_that_keep(records) : kPartitions),
      prefix_(unique_prefix()),
      input_(prefix_ + "input") {
    create(input_, input_partitions_);
    load({.brokers = brokers_, .topic = input_, .partitions = input_partitions_, .records = records_});
}

BrokerUnderBench::~BrokerUnderBench() { drop(input_); }

std::string BrokerUnderBench::describe() const {
    return (embedded_ ? "embedded" : brokers_) + ", " + std::to_string(input_partitions_) +
           " input partitions, no compression";
}

std::string BrokerUnderBench::new_output() {
    std::string topic = prefix_ + "output-" + std::to_string(++names_);
    create(topic, kPartitions);
    return topic;
}

std::string BrokerUnderBench::new_group() { return prefix_ + "group-" + std::to_string(++names_); }

void BrokerUnderBench::drop_output(const std::string& topic) { drop(topic); }

void BrokerUnderBench::check(const std::string& group, const std::string& output) const {
    const auto wanted = static_cast<std::int64_t>(records_);
    if (const auto committed = records_committed(brokers_, group, input_, input_partitions_); committed != wanted) {
        raw::fail(group + " committed " + std::to_string(committed) + " of " + std::to_string(wanted) + " records");
    }
    if (output.empty()) {
        return;
    }
    if (const auto written = records_written(brokers_, output, kPartitions); written != wanted) {
        raw::fail(group + " wrote " + std::to_string(written) + " records for " + std::to_string(wanted));
    }
}

void BrokerUnderBench::create(const std::string& topic, std::int32_t partitions) {
    if (!embedded_) {
        create_topic(brokers_, topic, partitions);
    } else if (const auto status = embedded_->create_topic(topic, partitions); !status) {
        raw::fail(status.error().message);
    }
}

void BrokerUnderBench::drop(const std::string& topic) {
    if (!embedded_) {
        delete_topic(brokers_, topic);
    }
}

} // namespace bench
