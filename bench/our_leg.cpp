#include "bench/our_leg.hpp"

#include <cstdio>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "bench/measuring_platform.hpp"
#include "bench/observation.hpp"
#include "bench/typed_observation.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;
using streaming::Context;
using streaming::Message;

constexpr std::size_t kSlowWorkers = 100;

/// Ends the service after the last record. Used by the one lane of the flow.
class Progress {
public:
    explicit Progress(std::size_t records) : records_(records) {}
    void end_record() {
        if (++seen_ == records_) {
            all_handled_.request_stop();
        }
    }
    [[nodiscard]] std::stop_token all_handled() const { return all_handled_.get_token(); }

private:
    std::size_t records_;
    std::size_t seen_ = 0;
    std::stop_source all_handled_{};
};

/// The handler of `copy`: what the twin does with a record, sent through the context.
class Converter {
public:
    explicit Converter(std::string out) : out_(std::move(out)) {}

    void operator()(const Message& message, Context& context) {
        converted_.clear();
        if (!message.payload() || !parser_.convert(*message.payload(), converted_)) {
            throw streaming::PermanentError("no observation");
        }
        context.send_view({.topic = out_, .key = message.key(), .payload = converted_});
    }

private:
    std::string out_;
    ObservationParser parser_{};
    std::string converted_{};
};

void add_slow_handler(streaming::StreamServiceBuilder& builder, const LegOptions& options, Progress& progress) {
    auto consumer = consumer_options(options);
    consumer.workers = kSlowWorkers;
    consumer.ordering = streaming::Ordering::key;
    auto counting = std::make_shared<std::mutex>(); // the lanes share the progress
    builder.add_consumer_handler(
        consumer, [&progress, counting, out = options.out](const Message& message, Context& context) {
            thread_local Converter convert(out);
            std::this_thread::sleep_for(slow_work(message.id())); // what a call to elsewhere would take
            convert(message, context);
            const std::scoped_lock lock(*counting);
            progress.end_record();
        });
}

void add_handler(streaming::StreamServiceBuilder& builder, const LegOptions& options, Progress& progress) {
    const auto consumer = consumer_options(options);
    if (options.leg == "slow") {
        add_slow_handler(builder, options, progress);
    } else if (options.leg == "typed") {
        builder.add_consumer_handler<Observation>(
            consumer, [&progress, out = options.out](const Observation& observation, Context& context) {
                context.send(out, std::string(context.message().key().value_or("")), reading_of(observation));
                progress.end_record();
            });
    } else if (options.leg == "consume") {
        builder.add_consumer_handler(consumer, [&progress](const Message&, Context&) { progress.end_record(); });
    } else {
        builder.add_consumer_handler(consumer, [&progress, convert = std::make_shared<Converter>(options.out)](
                                                   const Message& message, Context& context) {
            (*convert)(message, context);
            progress.end_record();
        });
    }
}

} // namespace

streaming::ConsumerOptions consumer_options(const LegOptions& options) {
    return {.topics = {options.topic}, .group_id = options.group, .session_timeout = 6s, .heartbeat_interval = 1s};
}

void arm(streaming::StreamServiceBuilder& builder, const LegOptions& options) {
    streaming::KafkaOptions kafka{.bootstrap_servers = options.brokers, .compression_type = "none"};
    if (options.fetch_wait > 0) {
        kafka.properties["fetch.wait.max.ms"] = std::to_string(options.fetch_wait);
    }
    builder.with_kafka(kafka)
        .with_deduplication({.enabled = !options.redis.empty()})
        .with_error_handling(streaming::ErrorHandlingOptions{})
        .with_metrics();
    if (!options.redis.empty()) {
        builder.with_redis({.url = "redis://" + options.redis});
    }
}

int run_our_leg(const LegOptions& options) {
    // A flow takes its records in order: when all different ones were handled, so was everything before them.
    Progress progress(options.deduplicates() ? options.distinct : options.records);
    MeasuringPlatform platform;
    streaming::StreamServiceBuilder builder("bench", {}, platform);
    arm(builder, options);
    add_handler(builder, options, progress);
    const auto service = builder.build();
    streaming::Status status = service->start();
    if (status) {
        status = service->wait(progress.all_handled());
    }
    const std::size_t unfinished = service->stop(); // drains and commits
    if (!status || unfinished > 0) {
        std::fprintf(stderr, "ours: %s, %zu records unfinished\n", status ? "stopped" : status.error().message.c_str(),
                     unfinished);
        return 1;
    }
    platform.measurement().print(options.leg, options.records);
    return 0;
}

} // namespace bench
