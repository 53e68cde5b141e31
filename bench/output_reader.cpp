#include "bench/output_reader.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <unordered_map>

#include "bench/raw_client.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kPatience = 60s;

PackedId id_of(ObservationParser& parser, std::string_view payload) {
    PackedId id{};
    if (!pack(parser.id(payload), id)) {
        raw::fail("the output holds a record without an id: " + std::string(payload));
    }
    return id;
}

raw::Handle open_reader(const std::string& brokers, const BenchTopic& output) {
    raw::Handle reader = raw::make_handle(RD_KAFKA_CONSUMER, raw::make_conf({{"bootstrap.servers", brokers},
                                                                             {"group.id", "bench-reader"},
                                                                             {"enable.auto.commit", "false"},
                                                                             {"fetch.wait.max.ms", "10"},
                                                                             {"socket.nagle.disable", "true"}}));
    rd_kafka_poll_set_consumer(reader.get());
    const raw::PartitionList list(rd_kafka_topic_partition_list_new(output.partitions));
    for (std::int32_t partition = 0; partition < output.partitions; ++partition) {
        rd_kafka_topic_partition_list_add(list.get(), output.name.c_str(), partition)->offset =
            output.begin[static_cast<std::size_t>(partition)];
    }
    if (rd_kafka_assign(reader.get(), list.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        raw::fail("cannot read " + output.name);
    }
    return reader;
}

} // namespace

void read_output(const std::string& brokers, const BenchTopic& output, const std::stop_token& stop,
                 const std::function<bool(std::string_view key, std::string_view payload)>& take) {
    const raw::Handle reader = open_reader(brokers, output);
    bool wants_more = true;
    for (auto last = Clock::now(); wants_more && !stop.stop_requested();) {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(reader.get(), 20);
        if (message == nullptr) {
            if (Clock::now() - last > kPatience) {
                raw::fail("no more records came to " + output.name);
            }
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            last = Clock::now();
            wants_more = take({static_cast<const char*>(message->key), message->key_len},
                              {static_cast<const char*>(message->payload), message->len});
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(reader.get());
}

void check_ids(const std::string& brokers, const BenchTopic& output, const Observations& input, std::size_t written) {
    std::vector<PackedId> wanted;
    for (std::size_t sequence = 0; sequence < input.records; ++sequence) {
        if (!input.is_repeated(sequence)) {
            wanted.push_back(input.id(sequence));
        }
    }
    std::vector<PackedId> found;
    ObservationParser parser;
    if (written > 0) {
        read_output(brokers, output, {}, [&](std::string_view, std::string_view payload) {
            found.push_back(id_of(parser, payload));
            return found.size() < written;
        });
    }
    std::ranges::sort(wanted);
    std::ranges::sort(found);
    if (found != wanted) {
        const std::size_t all = found.size();
        found.erase(std::unique(found.begin(), found.end()), found.end());
        raw::fail(output.name + " holds " + std::to_string(all) + " records with " + std::to_string(found.size()) +
                  " different ids for " + std::to_string(wanted.size()) + " of the input");
    }
}

void check_order(const std::string& brokers, const BenchTopic& output, const Observations& input, std::size_t written) {
    if (written != input.records) {
        raw::fail(output.name + " holds " + std::to_string(written) + " records for " + std::to_string(input.records));
    }
    std::map<PackedId, std::size_t> sequences;
    for (std::size_t sequence = 0; sequence < input.records; ++sequence) {
        sequences.emplace(input.id(sequence), sequence);
    }
    std::unordered_map<std::string, std::size_t> next; // of each key, the lowest sequence number that may come
    ObservationParser parser;
    std::size_t seen = 0;
    read_output(brokers, output, {}, [&](std::string_view key, std::string_view payload) {
        const auto found = sequences.find(id_of(parser, payload));
        if (found == sequences.end()) {
            raw::fail(output.name + " holds an id twice or one of another topic");
        }
        std::size_t& lowest = next[std::string(key)];
        if (found->second < lowest || station_key(found->second) != key) {
            raw::fail(output.name + ": records of " + std::string(key) + " are out of order");
        }
        lowest = found->second + 1;
        sequences.erase(found);
        return ++seen < written;
    });
}

} // namespace bench
