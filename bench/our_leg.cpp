#include "bench/our_leg.hpp"

#include <cstdio>
#include <stop_token>
#include <string>

#include "bench/measurement.hpp"
#include "bench/observation.hpp"
#include "core/streaming/patterns/run_service.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;
using streaming::Context;
using streaming::Message;

/// Sees every record pass and ends the service after the last one. Used by the one lane of the flow.
class Progress {
public:
    explicit Progress(std::size_t records) : records_(records) {}

    void begin_record() {
        if (seen_ == 0) {
            measurement.begin();
        }
    }
    void end_record() {
        if (++seen_ == records_) {
            all_handled.request_stop();
        }
    }

    Measurement measurement{};
    std::stop_source all_handled{};

private:
    std::size_t records_;
    std::size_t seen_ = 0;
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

} // namespace

int run_our_leg(const LegOptions& options) {
    Progress progress(options.records);
    Converter convert(options.out);
    const bool copies = options.leg == "copy";

    streaming::StreamServiceBuilder builder("bench");
    builder.with_kafka({.bootstrap_servers = options.brokers, .compression_type = "none"})
        .with_deduplication({.enabled = false})
        .with_error_handling(streaming::ErrorHandlingOptions{})
        .with_metrics()
        .add_consumer_handler(
            {.topics = {options.topic}, .group_id = options.group, .session_timeout = 6s, .heartbeat_interval = 1s},
            [&](const Message& message, Context& context) {
                progress.begin_record();
                if (copies) {
                    convert(message, context);
                }
                progress.end_record();
            });
    const auto service = builder.build();
    streaming::Status status = service->start();
    if (status) {
        status = service->wait(progress.all_handled.get_token());
    }
    const std::size_t unfinished = service->stop(); // drains and commits: the last commit is inside
    progress.measurement.end();
    if (!status || unfinished > 0) {
        std::fprintf(stderr, "ours: %s, %zu records unfinished\n", status ? "stopped" : status.error().message.c_str(),
                     unfinished);
        return 1;
    }
    progress.measurement.print(options.leg, options.records);
    return 0;
}

} // namespace bench
