#include "bench/broker_under_bench.hpp"

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <numeric>

#include "bench/load.hpp"
#include "bench/raw_client.hpp"
#include "bench/topics.hpp"

namespace bench {
namespace {

constexpr std::int32_t kPartitions = 8;

std::string unique_prefix() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return "bench-" + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count()) + "-" +
           std::to_string(getpid()) + "-";
}

std::int64_t sum(const std::vector<std::int64_t>& offsets) {
    return std::accumulate(offsets.begin(), offsets.end(), std::int64_t{0});
}

} // namespace

BrokerUnderBench::BrokerUnderBench(const std::string& brokers)
    : embedded_(brokers.empty() ? std::make_unique<streaming::EmbeddedBroker>() : nullptr),
      brokers_(embedded_ ? embedded_->bootstrap_servers() : brokers),
      prefix_(unique_prefix()) {}

BrokerUnderBench::~BrokerUnderBench() {
    for (const std::string& topic : to_delete_) {
        delete_topic(brokers_, topic);
    }
}

/// The embedded broker keeps 5 MiB of each partition and drops the rest silently; 14,000 of our records are 4 MiB.
std::int32_t BrokerUnderBench::partitions_for(std::size_t records) const {
    constexpr std::size_t kRecordsPerPartition = 14'000;
    const auto needed = static_cast<std::int32_t>((records + kRecordsPerPartition - 1) / kRecordsPerPartition);
    return embedded_ ? std::max(kPartitions, needed) : kPartitions;
}

BenchTopic BrokerUnderBench::new_input(const Observations& observations, std::int32_t partitions) {
    BenchTopic topic{.name = new_name("input"), .partitions = partitions};
    create(topic.name, partitions);
    topic.begin.assign(static_cast<std::size_t>(partitions), 0);
    if (observations.records > 0) {
        load({.brokers = brokers_, .topic = topic.name, .partitions = partitions, .observations = observations});
    }
    return topic;
}

BenchTopic BrokerUnderBench::new_output(std::int32_t partitions) {
    if (!embedded_) {
        BenchTopic topic{.name = new_name("output"), .partitions = partitions};
        create(topic.name, partitions);
        topic.begin.assign(static_cast<std::size_t>(partitions), 0);
        return topic;
    }
    std::string& kept = kept_outputs_[partitions];
    if (kept.empty()) {
        kept = new_name("output");
        create(kept, partitions);
    }
    return {.name = kept, .partitions = partitions, .begin = high_watermarks(brokers_, kept, partitions)};
}

void BrokerUnderBench::drop(const BenchTopic& topic) {
    if (const auto found = std::ranges::find(to_delete_, topic.name); found != to_delete_.end()) {
        to_delete_.erase(found);
        delete_topic(brokers_, topic.name);
    }
}

void BrokerUnderBench::check_committed(const std::string& group, const BenchTopic& topic, std::size_t records) const {
    const auto wanted = static_cast<std::int64_t>(records);
    if (const auto done = records_committed(brokers_, group, topic.name, topic.partitions); done != wanted) {
        raw::fail(group + " committed " + std::to_string(done) + " of " + std::to_string(wanted) + " records");
    }
}

std::size_t BrokerUnderBench::written_to(const BenchTopic& output) const {
    return static_cast<std::size_t>(sum(high_watermarks(brokers_, output.name, output.partitions)) - sum(output.begin));
}

std::string BrokerUnderBench::new_name(const char* purpose) {
    return prefix_ + purpose + "-" + std::to_string(++names_);
}

void BrokerUnderBench::create(const std::string& topic, std::int32_t partitions) {
    if (!embedded_) {
        create_topic(brokers_, topic, partitions);
        to_delete_.push_back(topic);
    } else if (const auto status = embedded_->create_topic(topic, partitions); !status) {
        raw::fail(status.error().message);
    }
}

} // namespace bench
