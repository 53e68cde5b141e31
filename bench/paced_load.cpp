#include "bench/paced_load.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

#include "bench/output_reader.hpp"
#include "bench/raw_client.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::int32_t kPartitions = 8;
/// Records of one tick go to one partition, so that the input is 1,000 requests a second and not 10,000.
constexpr auto kTick = 1ms;

/// Sends numbered observations, each group of a tick at the moment it is due.
class PacedProducer {
public:
    PacedProducer(const std::string& brokers, const std::string& topic) {
        rd_kafka_conf_t* conf = raw::make_conf({{"bootstrap.servers", brokers},
                                                {"acks", "all"},
                                                {"enable.idempotence", "true"},
                                                {"linger.ms", "0"},
                                                {"socket.nagle.disable", "true"}});
        rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
            if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                raw::fail(std::string("a paced record was not delivered: ") + rd_kafka_err2str(message->err));
            }
        });
        producer_ = raw::make_handle(RD_KAFKA_PRODUCER, conf);
        topic_.reset(rd_kafka_topic_new(producer_.get(), topic.c_str(), nullptr));
    }

    void send(std::size_t sequence, std::int32_t partition) {
        payload_.clear();
        write_numbered_observation(sequence, payload_);
        const std::size_t keys_of_partition = kStations / kPartitions;
        const std::string key =
            station_key(static_cast<std::size_t>(partition) + kPartitions * (sequence % keys_of_partition));
        if (rd_kafka_produce(topic_.get(), partition, RD_KAFKA_MSG_F_COPY, payload_.data(), payload_.size(), key.data(),
                             key.size(), nullptr) != 0) {
            raw::fail("a paced record could not be sent");
        }
    }

    /// Sends the records from `first` on; returns when each was due.
    std::vector<Clock::time_point> run(const PacedOptions& options, std::size_t first) {
        std::vector<Clock::time_point> due(options.records);
        const std::size_t in_a_tick = std::max<std::size_t>(1, options.rate * kTick / 1s);
        const auto begin = Clock::now() + kTick;
        std::int32_t partition = 0;
        for (std::size_t sequence = first, tick = 0; sequence < options.records; ++tick) {
            const auto time = begin + std::chrono::nanoseconds(1s) * (tick * in_a_tick) / options.rate;
            std::this_thread::sleep_until(time); // the pace is what this is for
            partition = (partition + 1) % kPartitions;
            for (std::size_t of_tick = 0; of_tick < in_a_tick && sequence < options.records; ++of_tick, ++sequence) {
                due[sequence] = time;
                send(sequence, partition);
            }
            (void)rd_kafka_poll(producer_.get(), 0);
        }
        (void)rd_kafka_flush(producer_.get(), 60'000);
        return due;
    }
    void flush() { (void)rd_kafka_flush(producer_.get(), 60'000); }

private:
    raw::Handle producer_{};
    raw::Topic topic_{};
    std::string payload_{};
};

/// Notes when each record's output arrives.
class Arrivals {
public:
    Arrivals(const std::string& brokers, const BenchTopic& output, std::size_t records)
        : times_(records),
          reader_([this, brokers, output](const std::stop_token& stop) { read(brokers, output, stop); }) {}

    void wait_for(std::size_t count) const {
        for (std::size_t seen = seen_.load(); seen < count; seen = seen_.load()) {
            seen_.wait(seen);
        }
    }
    [[nodiscard]] Clock::time_point at(std::size_t sequence) const { return times_[sequence]; }

private:
    void read(const std::string& brokers, const BenchTopic& output, const std::stop_token& stop) {
        read_output(brokers, output, stop, [this](std::string_view, std::string_view payload) {
            const auto now = Clock::now();
            const auto sequence = number_of(payload);
            if (!sequence || *sequence >= times_.size() || times_[*sequence] != Clock::time_point{}) {
                raw::fail("the output holds a record that nobody sent, or one twice: " + std::string(payload));
            }
            times_[*sequence] = now;
            seen_.fetch_add(1);
            seen_.notify_all();
            return seen_.load() < times_.size();
        });
    }

    std::vector<Clock::time_point> times_; // of the reader until seen_ says so
    std::atomic<std::size_t> seen_{0};
    std::jthread reader_; // last: joined before anything it uses goes
};

} // namespace

PacedResult run_paced(Suite& suite, Program program, const PacedOptions& options) {
    BrokerUnderBench& broker = suite.broker();
    const BenchTopic input = broker.new_input({}, kPartitions);
    const BenchTopic output = broker.new_output(kPartitions);
    const LegOptions leg{.leg = options.leg,
                         .brokers = broker.brokers(),
                         .topic = input.name,
                         .group = broker.new_group(),
                         .out = output.name,
                         .redis = options.redis,
                         .records = options.records,
                         .distinct = options.records,
                         .fetch_wait = 10}; // the embedded broker holds an empty answer for all of it
    PacedProducer producer(broker.brokers(), input.name);
    Arrivals arrivals(broker.brokers(), output, options.records);
    LegProcess process = suite.start(program, leg);
    producer.send(0, 0); // when it has come out, the program has joined its group
    producer.flush();
    arrivals.wait_for(1);
    const auto due = producer.run(options, 1);
    arrivals.wait_for(options.records);
    PacedResult result{.leg = process.finish()};
    broker.check_committed(leg.group, input, options.records);
    for (std::size_t sequence = std::max<std::size_t>(1, options.records / 5); sequence < options.records; ++sequence) {
        result.latencies_ms.push_back(
            std::chrono::duration<double, std::milli>(arrivals.at(sequence) - due[sequence]).count());
    }
    broker.drop(input);
    broker.drop(output);
    if (!options.redis.empty()) {
        suite.redis().forget(leg.group);
    }
    return result;
}

} // namespace bench
