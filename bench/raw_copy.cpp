// consume, copy and the two typed legs.

#include <array>
#include <nlohmann/json.hpp>

#include "bench/measurement.hpp"
#include "bench/observation.hpp"
#include "bench/raw_legs.hpp"
#include "bench/raw_producer.hpp"
#include "bench/typed_observation.hpp"

namespace bench::raw {
namespace {

/// Parses, converts and sends batch after batch; completes them in order. `Convert` appends the output of one payload,
/// false when it does not fit.
template <class Convert>
class Copier {
public:
    explicit Copier(const LegOptions& options)
        : consumer_(options),
          producer_(make_producer(options.brokers, &Batch::count_delivery)),
          out_(make_topic(producer_.get(), options.out)),
          options_(options) {}

    void run() {
        std::size_t taken_records = 0;
        while (taken_records < options_.records || completed_ < sent_) {
            const bool full = taken_records == options_.records || sent_ - completed_ == kBatchesInFlight;
            (void)rd_kafka_poll(producer_.get(), full ? 10 : 0);
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
        consumer_.commit_now(done_);
        measurement_.end();
        measurement_.print(options_.leg, options_.records);
    }

private:
    void complete_finished() {
        while (completed_ < sent_ && batches_[completed_ % kBatchesInFlight].open == 0) {
            done_.merge(batches_[completed_++ % kBatchesInFlight].positions);
        }
    }

    void send(Batch& batch) {
        batch.clear();
        for (const rd_kafka_message_t* message : taken_) {
            if (!convert_(payload_of(*message), batch.bytes)) {
                fail("a record that is no observation");
            }
            batch.close_output(*message);
            batch.positions.advance(message->partition, message->offset + 1);
        }
        batch.send(out_.get());
        release(taken_);
    }

    Consumer consumer_;
    Handle producer_;
    Topic out_;
    const LegOptions& options_;
    Convert convert_{};
    std::vector<rd_kafka_message_t*> taken_{};
    std::array<Batch, kBatchesInFlight> batches_{};
    std::size_t sent_ = 0;      // batches handed to the producer
    std::size_t completed_ = 0; // of those, acknowledged without a gap
    Positions done_{};
    Measurement measurement_{};
};

struct Plain {
    ObservationParser parser{};
    bool operator()(std::string_view payload, std::string& into) { return parser.convert(payload, into); }
};

/// nlohmann for the data alone, which is what has a type; the envelope is read by simdjson and spliced together.
struct Typed {
    ObservationParser parser{};
    bool operator()(std::string_view payload, std::string& into) {
        ObservationParser::Parts parts;
        if (!parser.parts(payload, parts)) {
            return false;
        }
        const auto reading = reading_of(nlohmann::json::parse(parts.data).get<Observation>());
        into += R"({"id":)";
        into += parts.id;
        into += R"(,"type":"weather.reading","timestamp":)";
        into += parts.timestamp;
        into += R"(,"source":"bench","correlation_id":)";
        into += parts.correlation_id;
        into += R"(,"data":)";
        into += nlohmann::json(reading).dump();
        into += '}';
        return true;
    }
};

struct Whole {
    bool operator()(std::string_view payload, std::string& into) {
        const auto document = nlohmann::json::parse(payload);
        const nlohmann::json output{{"id", document.at("id")},
                                    {"type", Reading::event_type},
                                    {"timestamp", document.at("timestamp")},
                                    {"source", "bench"},
                                    {"correlation_id", document.at("correlation_id")},
                                    {"data", reading_of(document.at("data").get<Observation>())}};
        into += output.dump();
        return true;
    }
};

} // namespace

void run_copy(const LegOptions& options) { Copier<Plain>(options).run(); }
void run_typed(const LegOptions& options) { Copier<Typed>(options).run(); }
void run_typed_whole(const LegOptions& options) { Copier<Whole>(options).run(); }

void run_consume(const LegOptions& options) {
    Consumer consumer(options);
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
    consumer.commit_now(done);
    measurement.end();
    measurement.print(options.leg, options.records);
}

} // namespace bench::raw
