// slow: many threads wait for records of different keys at once; one key's records go one after the other.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "bench/measurement.hpp"
#include "bench/observation.hpp"
#include "bench/raw_legs.hpp"
#include "bench/raw_producer.hpp"

namespace bench::raw {
namespace {

constexpr std::size_t kWorkers = 100;

/// Any free worker takes the key that has been ready longest; a key is with one worker at a time.
class KeyQueues {
public:
    void push(std::vector<rd_kafka_message_t*>& messages) {
        std::size_t woken = 0;
        {
            const std::scoped_lock lock(mutex_);
            for (rd_kafka_message_t* message : messages) {
                Key& key = keys_[std::string(static_cast<const char*>(message->key), message->key_len)];
                key.waiting.push_back(message);
                if (!std::exchange(key.busy, true)) {
                    ready_.push_back(&key);
                    ++woken;
                }
            }
        }
        for (; woken > 0; --woken) {
            became_ready_.notify_one();
        }
        messages.clear();
    }

    /// Runs `work` on one record after the other until a stop is requested.
    template <class Work>
    void serve(const std::stop_token& stop, Work work) {
        std::unique_lock lock(mutex_);
        while (became_ready_.wait(lock, stop, [this] { return !ready_.empty(); })) {
            Key* key = ready_.front();
            ready_.pop_front();
            rd_kafka_message_t* message = key->waiting.front();
            key->waiting.pop_front();
            lock.unlock();
            work(message);
            lock.lock();
            if (key->waiting.empty()) {
                key->busy = false;
            } else {
                ready_.push_back(key);
                became_ready_.notify_one();
            }
        }
    }

private:
    struct Key {
        std::deque<rd_kafka_message_t*> waiting{};
        bool busy = false; // with a worker, or ready for one
    };
    std::mutex mutex_{};
    std::condition_variable_any became_ready_{};
    std::unordered_map<std::string, Key> keys_{};
    std::deque<Key*> ready_{};
};

/// The offsets of the one partition: the lowest unfinished one is committed. Used by the main thread.
class Finished {
public:
    explicit Finished(std::size_t records) : done_(records, false) {}
    void add(std::size_t offset) {
        done_[offset] = true;
        while (next_ < done_.size() && done_[next_]) {
            ++next_;
        }
        positions_.advance(0, static_cast<std::int64_t>(next_));
    }
    [[nodiscard]] std::size_t next() const { return next_; }
    [[nodiscard]] const Positions& positions() const { return positions_; }

private:
    std::vector<bool> done_;
    std::size_t next_ = 0;
    Positions positions_{};
};

void report_finished(rd_kafka_t*, const rd_kafka_message_t* message, void* finished) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail(std::string("a record was not delivered: ") + rd_kafka_err2str(message->err));
    }
    static_cast<Finished*>(finished)->add(reinterpret_cast<std::size_t>(message->_private));
}

Handle producer_that_reports_to(Finished& finished, const std::string& brokers) {
    rd_kafka_conf_t* conf = make_conf({{"bootstrap.servers", brokers},
                                       {"acks", "all"},
                                       {"enable.idempotence", "true"},
                                       {"linger.ms", "5"},
                                       {"socket.nagle.disable", "true"}});
    rd_kafka_conf_set_opaque(conf, &finished);
    rd_kafka_conf_set_dr_msg_cb(conf, report_finished);
    return make_handle(RD_KAFKA_PRODUCER, conf);
}

void work_on(rd_kafka_message_t* message, rd_kafka_topic_t* out) {
    thread_local ObservationParser parser;
    thread_local std::string converted;
    converted.clear();
    std::this_thread::sleep_for(slow_work(parser.id(payload_of(*message)))); // what a call to elsewhere would take
    if (!parser.convert(payload_of(*message), converted)) {
        fail("a record that is no observation");
    }
    if (rd_kafka_produce(out, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, converted.data(), converted.size(),
                         message->key, message->key_len, reinterpret_cast<void*>(message->offset)) != 0) {
        fail("the producer refused a record");
    }
    rd_kafka_message_destroy(message);
}

} // namespace

void run_slow(const LegOptions& options) {
    Consumer consumer(options);
    Finished finished(options.records);
    const Handle producer = producer_that_reports_to(finished, options.brokers);
    const Topic out = make_topic(producer.get(), options.out);
    KeyQueues queues;
    std::vector<std::jthread> workers;
    workers.reserve(kWorkers);
    for (std::size_t number = 0; number < kWorkers; ++number) {
        workers.emplace_back([&](const std::stop_token& stop) {
            queues.serve(stop, [&](rd_kafka_message_t* message) { work_on(message, out.get()); });
        });
    }
    Measurement measurement;
    std::vector<rd_kafka_message_t*> taken;
    std::size_t taken_records = 0;
    while (finished.next() < options.records) {
        const bool all_taken = taken_records == options.records;
        (void)rd_kafka_poll(producer.get(), all_taken ? 5 : 0);
        if (!all_taken) {
            consumer.take(taken_records == 0 ? 100ms : 5ms, taken);
            if (taken_records == 0 && !taken.empty()) {
                measurement.begin();
            }
            taken_records += taken.size();
            queues.push(taken);
        }
        consumer.commit_each_interval(finished.positions());
    }
    consumer.commit_now(finished.positions());
    measurement.end();
    measurement.print(options.leg, options.records);
}

} // namespace bench::raw
