#include "bench/raw_consumer.hpp"

#include <condition_variable>
#include <mutex>

namespace bench::raw {
namespace {

constexpr auto kCommitInterval = 1s;
constexpr int kFetchWait = 100; // as ours has it: the embedded broker holds an empty answer for all of it
constexpr auto kPatience = 60s; // longest time without a record before the leg is called incomplete

rd_kafka_conf_t* consumer_conf(const LegOptions& options) {
    rd_kafka_conf_t* conf = make_conf({{"bootstrap.servers", options.brokers},
                                       {"group.id", options.group},
                                       {"auto.offset.reset", "earliest"},
                                       {"enable.auto.commit", "false"},
                                       {"enable.auto.offset.store", "false"},
                                       {"session.timeout.ms", "6000"},
                                       {"heartbeat.interval.ms", "1000"},
                                       {"socket.nagle.disable", "true"}});
    set(conf, "fetch.wait.max.ms", std::to_string(options.fetch_wait > 0 ? options.fetch_wait : kFetchWait));
    return conf;
}

} // namespace

PartitionList Positions::list(const std::string& topic) const {
    PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(next_.size())));
    for (std::size_t partition = 0; partition < next_.size(); ++partition) {
        if (next_[partition] >= 0) {
            rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<std::int32_t>(partition))->offset =
                next_[partition];
        }
    }
    return list;
}

void Nudge::run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
        (void)stopped.wait_for(lock, stop, 10ms, [] { return false; });
        if (behind_.load(std::memory_order_relaxed) && !stop.stop_requested()) {
            std::int64_t low = 0;
            std::int64_t high = 0;
            (void)rd_kafka_query_watermark_offsets(consumer_, topic_.c_str(), 0, &low, &high, 100);
        }
    }
}

Consumer::Consumer(const LegOptions& options)
    : topic_(options.topic), handle_(make_handle(RD_KAFKA_CONSUMER, consumer_conf(options))) {
    rd_kafka_poll_set_consumer(handle_.get());
    const PartitionList topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(handle_.get(), topics.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("cannot subscribe to " + topic_);
    }
    nudge_.emplace(handle_.get(), topic_);
}

Consumer::~Consumer() {
    nudge_.reset();
    rd_kafka_consumer_close(handle_.get());
}

void Consumer::take(std::chrono::milliseconds wait, std::vector<rd_kafka_message_t*>& into) {
    into.clear();
    auto timeout = static_cast<int>(wait.count());
    while (into.size() < kBatchRecords) {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(handle_.get(), timeout);
        if (message == nullptr) {
            break;
        }
        timeout = 0;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            std::fprintf(stderr, "raw client: %s\n", rd_kafka_message_errstr(message));
            rd_kafka_message_destroy(message);
            continue;
        }
        into.push_back(message);
    }
    nudge_->set_behind(into.size() == kBatchRecords);
    if (!into.empty()) {
        last_record_ = Clock::now();
    } else if (Clock::now() - last_record_ > kPatience) {
        fail("no more records came: does the topic still hold all of them?");
    }
}

void Consumer::commit_each_interval(const Positions& positions) {
    if (Clock::now() - last_commit_ >= kCommitInterval) {
        last_commit_ = Clock::now();
        (void)rd_kafka_commit(handle_.get(), positions.list(topic_).get(), 1);
    }
}

void Consumer::commit_now(const Positions& positions) {
    const auto error = rd_kafka_commit(handle_.get(), positions.list(topic_).get(), 0);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail(std::string("the last commit failed: ") + rd_kafka_err2str(error));
    }
}

} // namespace bench::raw
