// The fastest correct bare program we could write for each leg: what the framework is measured against. librdkafka and
// simdjson only; nothing of the framework is linked.

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>

#include "bench/leg_options.hpp"
#include "bench/measurement.hpp"
#include "bench/observation.hpp"
#include "bench/raw_client.hpp"

namespace bench::raw {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kBatchRecords = 500;
constexpr std::size_t kBatchesInFlight = 32;
constexpr auto kCommitInterval = 1s;
constexpr auto kPatience = 60s; // longest time without a record before the leg is called incomplete

/// Next offset to read of each partition, -1 = nothing yet.
class Positions {
public:
    void advance(std::int32_t partition, std::int64_t next) {
        const auto index = static_cast<std::size_t>(partition);
        if (index >= next_.size()) {
            next_.resize(index + 1, -1);
        }
        next_[index] = std::max(next_[index], next);
    }
    void merge(const Positions& other) {
        for (std::size_t partition = 0; partition < other.next_.size(); ++partition) {
            advance(static_cast<std::int32_t>(partition), other.next_[partition]);
        }
    }
    void clear() { std::fill(next_.begin(), next_.end(), -1); }

    [[nodiscard]] PartitionList list(const std::string& topic) const {
        PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(next_.size())));
        for (std::size_t partition = 0; partition < next_.size(); ++partition) {
            if (next_[partition] >= 0) {
                rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<std::int32_t>(partition))
                    ->offset = next_[partition];
            }
        }
        return list;
    }

private:
    std::vector<std::int64_t> next_{};
};

/// A group member that polls for one record and then takes what is already there.
class Consumer {
public:
    explicit Consumer(const LegOptions& options)
        : topic_(options.topic),
          handle_(make_handle(RD_KAFKA_CONSUMER, make_conf({{"bootstrap.servers", options.brokers},
                                                            {"group.id", options.group},
                                                            {"auto.offset.reset", "earliest"},
                                                            {"enable.auto.commit", "false"},
                                                            {"enable.auto.offset.store", "false"},
                                                            {"session.timeout.ms", "6000"},
                                                            {"heartbeat.interval.ms", "1000"},
                                                            {"socket.nagle.disable", "true"}}))) {
        rd_kafka_poll_set_consumer(handle_.get());
        const PartitionList topics(rd_kafka_topic_partition_list_new(1));
        rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
        if (rd_kafka_subscribe(handle_.get(), topics.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            fail("cannot subscribe to " + topic_);
        }
    }
    ~Consumer() { rd_kafka_consumer_close(handle_.get()); }
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    [[nodiscard]] rd_kafka_t* handle() const { return handle_.get(); }

    void take(std::chrono::milliseconds wait, std::vector<rd_kafka_message_t*>& into) {
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
        if (!into.empty()) {
            last_record_ = Clock::now();
        } else if (Clock::now() - last_record_ > kPatience) {
            fail("no more records came: does the topic still hold all of them?");
        }
    }

    void commit_each_interval(const Positions& positions) {
        if (Clock::now() - last_commit_ >= kCommitInterval) {
            last_commit_ = Clock::now();
            (void)rd_kafka_commit(handle_.get(), positions.list(topic_).get(), 1);
        }
    }
    void commit_now(const Positions& positions) {
        const auto error = rd_kafka_commit(handle_.get(), positions.list(topic_).get(), 0);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            fail(std::string("the last commit failed: ") + rd_kafka_err2str(error));
        }
    }

private:
    std::string topic_;
    Handle handle_;
    Clock::time_point last_record_ = Clock::now();
    Clock::time_point last_commit_ = Clock::now();
};

void release(std::vector<rd_kafka_message_t*>& messages) {
    for (rd_kafka_message_t* message : messages) {
        rd_kafka_message_destroy(message);
    }
    messages.clear();
}

std::string_view payload_of(const rd_kafka_message_t& message) {
    return {static_cast<const char*>(message.payload), message.len};
}

void consume(const LegOptions& options) {
    Consumer consumer(options);
    std::optional<Nudge> nudge(std::in_place, consumer.handle(), options.topic);
    ObservationParser parser;
    Positions done;
    Measurement measurement;
    std::vector<rd_kafka_message_t*> taken;
    for (std::size_t handled = 0; handled < options.records;) {
        consumer.take(100ms, taken);
        if (handled == 0 && !taken.empty()) {
            measurement.begin();
        }
        for (const rd_kafka_message_t* message : taken) {
            if (parser.id(payload_of(*message)).empty()) {
                fail("a record without an id");
            }
            done.advance(message->partition, message->offset + 1);
        }
        handled += taken.size();
        release(taken);
        consumer.commit_each_interval(done);
    }
    nudge.reset();
    consumer.commit_now(done);
    measurement.end();
    measurement.print(options.leg, options.records);
}

/// Up to 500 records on their way: the outputs are lent to the producer until their reports came.
struct Batch {
    std::string bytes{};
    std::vector<std::size_t> ends{}; // of each output in `bytes`
    std::vector<rd_kafka_message_t> outputs{};
    Positions positions{};
    std::size_t open = 0; // reports to come
};

/// Parses, converts and sends batch after batch; completes them in order.
class Copier {
public:
    explicit Copier(const LegOptions& options)
        : consumer_(options),
          producer_(make_producer(options.brokers)),
          out_(rd_kafka_topic_new(producer_.get(), options.out.c_str(), nullptr)),
          options_(options) {
        const rd_kafka_metadata_t* metadata = nullptr; // so that the first record does not wait for the metadata timer
        if (rd_kafka_metadata(producer_.get(), 0, out_.get(), &metadata, 10'000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            fail("no metadata of " + options.out);
        }
        rd_kafka_metadata_destroy(metadata);
    }

    void run() {
        std::optional<Nudge> nudge(std::in_place, consumer_.handle(), options_.topic);
        std::size_t taken_records = 0;
        while (taken_records < options_.records || completed_ < sent_) {
            serve_reports(taken_records == options_.records || sent_ - completed_ == kBatchesInFlight);
            complete_finished();
            consumer_.commit_each_interval(done_);
            if (taken_records == options_.records || sent_ - completed_ == kBatchesInFlight) {
                continue;
            }
            consumer_.take(sent_ == completed_ ? 100ms : 5ms, taken_);
            if (taken_.empty()) {
                continue;
            }
            if (taken_records == 0) {
                measurement_.begin();
            }
            taken_records += taken_.size();
            send(batches_[sent_++ % kBatchesInFlight]);
        }
        nudge.reset();
        consumer_.commit_now(done_);
        measurement_.end();
        measurement_.print(options_.leg, options_.records);
    }

private:
    static Handle make_producer(const std::string& brokers) {
        rd_kafka_conf_t* conf = make_conf({{"bootstrap.servers", brokers},
                                           {"acks", "all"},
                                           {"enable.idempotence", "true"},
                                           {"linger.ms", "5"},
                                           {"socket.nagle.disable", "true"}});
        rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
            if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                fail(std::string("a record was not delivered: ") + rd_kafka_err2str(message->err));
            }
            --static_cast<Batch*>(message->_private)->open;
        });
        return make_handle(RD_KAFKA_PRODUCER, conf);
    }

    void serve_reports(bool wait) { (void)rd_kafka_poll(producer_.get(), wait ? 10 : 0); }

    void complete_finished() {
        while (completed_ < sent_ && batches_[completed_ % kBatchesInFlight].open == 0) {
            done_.merge(batches_[completed_++ % kBatchesInFlight].positions);
        }
    }

    void send(Batch& batch) {
        batch.bytes.clear();
        batch.ends.clear();
        batch.positions.clear();
        for (const rd_kafka_message_t* message : taken_) {
            if (!parser_.convert(payload_of(*message), batch.bytes)) {
                fail("a record that is no observation");
            }
            batch.ends.push_back(batch.bytes.size());
            batch.positions.advance(message->partition, message->offset + 1);
        }
        batch.outputs.assign(taken_.size(), rd_kafka_message_t{});
        std::size_t begin = 0;
        for (std::size_t index = 0; index < taken_.size(); ++index) {
            rd_kafka_message_t& output = batch.outputs[index];
            output.payload = batch.bytes.data() + begin; // lent; keys are copied by librdkafka
            output.len = batch.ends[index] - begin;
            output.key = taken_[index]->key;
            output.key_len = taken_[index]->key_len;
            output._private = &batch;
            begin = batch.ends[index];
        }
        batch.open = taken_.size();
        const int accepted = rd_kafka_produce_batch(out_.get(), RD_KAFKA_PARTITION_UA, 0, batch.outputs.data(),
                                                    static_cast<int>(batch.outputs.size()));
        if (accepted != static_cast<int>(batch.outputs.size())) {
            fail("the producer refused records");
        }
        release(taken_);
    }

    Consumer consumer_;
    Handle producer_;
    Topic out_;
    const LegOptions& options_;
    ObservationParser parser_{};
    std::vector<rd_kafka_message_t*> taken_{};
    std::array<Batch, kBatchesInFlight> batches_{};
    std::size_t sent_ = 0;      // batches handed to the producer
    std::size_t completed_ = 0; // of those, acknowledged without a gap
    Positions done_{};
    Measurement measurement_{};
};

} // namespace
} // namespace bench::raw

int main(int argc, char** argv) {
    bench::LegOptions options;
    const std::span arguments(argv + 1, static_cast<std::size_t>(argc - 1));
    bool understood = arguments.size() % 2 == 0;
    for (std::size_t index = 0; understood && index < arguments.size(); index += 2) {
        understood = options.take(arguments[index], arguments[index + 1]);
    }
    if (!understood || !options.complete()) {
        std::fprintf(
            stderr,
            "usage: tributary_raw_twin --leg consume|copy --brokers H:P --topic T --group G --records N [--out T]\n");
        return 2;
    }
    if (options.leg == "consume") {
        bench::raw::consume(options);
    } else {
        bench::raw::Copier(options).run();
    }
}
