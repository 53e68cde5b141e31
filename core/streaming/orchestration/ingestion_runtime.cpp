#include "core/streaming/orchestration/ingestion_runtime.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/streaming/infrastructure/event_id.hpp"
#include "core/streaming/orchestration/ingestion_parts.hpp"

namespace streaming {

namespace {

constexpr std::chrono::seconds kRemoveDeadline{25};

// Of a stop: the time at most for sources to hand over what they hold, to store what was settled, and to give leases
// back. All of it may hang; the rest of the time is the broker's.
constexpr std::chrono::seconds kHandOverTime{4};
constexpr std::chrono::seconds kSettleTime{3};
constexpr std::chrono::seconds kLeaveTime{1};
constexpr std::chrono::hours kNobodyStandsBack{24 * 366};

/// A stop has nothing to wait for but the broker: what sources hold is in memory already.
constexpr QueueOptions kUnbounded{.max_size = 10'000'000, .max_bytes = std::size_t{1} << 40U};

std::string make_stream_id(const std::string& source, Clock& clock) {
    const std::string random = to_string(make_uuid_v7());
    return fmt::format("{}_{:%Y%m%d_%H%M%S}_{}", source,
                       fmt::gmtime(std::chrono::system_clock::to_time_t(clock.system_now())),
                       random.substr(random.size() - 8));
}

} // namespace

IngestionRuntime::IngestionRuntime(const Dependencies& dependencies, std::string service, const IngestionPlan& plan)
    : parts_(std::make_unique<detail::IngestionParts>(dependencies, std::move(service), plan)) {
    parts_->view = std::make_shared<detail::RuntimeMetrics>(
        [parts = parts_.get()] { return detail::samples_of(parts->status()); });
    if (plan.settings.enable_metrics) {
        dependencies.metrics.show(parts_->view);
    }
}

IngestionRuntime::~IngestionRuntime() {
    parts_->view->close();
    (void)stop(parts_->dependencies.clock.now());
}

Status IngestionRuntime::start() {
    detail::IngestionParts& parts = *parts_;
    if (Status status = parts.check_topics(); !status.ok()) {
        return status;
    }
    parts.drain.start();
    parts.lag_work.start();
    if (parts.settings.sharing.mode != SharingMode::none) {
        parts.sharing_work.start();
    }
    for (const detail::IngestionParts::Stream& stream : parts.streams.start()) {
        if (Status status = parts.begin(stream); !status.ok()) {
            (void)stop(parts.dependencies.clock.now());
            return status;
        }
    }
    return {};
}

std::size_t IngestionRuntime::stop(Clock::steady_time deadline) noexcept {
    detail::IngestionParts& parts = *parts_;
    if (!parts.streams.stop()) {
        return 0;
    }
    const auto until = [&](std::chrono::seconds reserve) { // a part of the rest of the time for what comes after
        const auto left = deadline - parts.dependencies.clock.now();
        return deadline - std::min<Clock::steady_time::duration>(reserve, left / 4);
    };
    parts.queue.configure(kUnbounded);
    parts.line.configure(kNobodyStandsBack);
    parts.lag_work.request_stop();
    std::size_t stuck = parts.scheduler.hold(deadline);
    const auto now = parts.dependencies.clock.now();
    stuck += parts.scheduler.for_each(
        [](SourceFlow& source) {
            source.part();
            source.hand_over_rest();
        },
        now + std::min<Clock::steady_time::duration>(kHandOverTime, (deadline - now) / 4));
    const std::size_t left = parts.drain.stop(until(kSettleTime));
    // The store may hang: what it does not get is a repeat under the same id.
    stuck += parts.scheduler.for_each([](SourceFlow& source) { source.settle_rest(); }, until(kLeaveTime));
    parts.scheduler.end();
    stuck += parts.sharing_work.stop(deadline) ? 0 : 1;
    stuck += parts.lag_work.stop(deadline) ? 0 : 1;
    return stuck + left;
}

Result<std::string> IngestionRuntime::add(SourcePlan plan) {
    detail::IngestionParts& parts = *parts_;
    const std::string name = plan.options.name;
    detail::IngestionParts::Stream stream{.id = make_stream_id(name, parts.dependencies.clock)};
    const auto place = parts.streams.reserve(name, stream.id);
    if (!place) {
        return place.error();
    }
    parts.resolver.allow(plan.options.topic);
    stream.topic = parts.resolver.usual_topic(name, plan.options.topic);
    try {
        stream.source = parts.make_source(std::move(plan), place.value());
    } catch (const std::exception& problem) { // a connector is somebody else's code
        parts.streams.take_out(stream.id);
        return Error{.code = ErrorCode::unavailable, .message = fmt::format("source {}: {}", name, problem.what())};
    }
    const bool begins = parts.streams.put(stream);
    parts.sharing_work.wake();
    if (begins) {
        if (Status status = parts.begin(stream); !status.ok()) {
            parts.streams.take_out(stream.id);
            return status.error();
        }
    }
    return stream.id;
}

void IngestionRuntime::report_failed(const std::string& source, std::string why) {
    parts_->streams.report_failed(source, std::move(why));
}

void IngestionRuntime::forget_failed(const std::string& source) { parts_->streams.forget_failed(source); }

Status IngestionRuntime::remove(const std::string& stream_id) {
    detail::IngestionParts& parts = *parts_;
    const std::shared_ptr<SourceFlow> source = parts.streams.find(stream_id);
    if (source == nullptr) {
        return Error{.code = ErrorCode::not_found, .message = fmt::format("stream {} does not run", stream_id)};
    }
    const auto began = parts.dependencies.clock.now();
    const std::size_t left = parts.scheduler.remove(source, began + kRemoveDeadline);
    const auto waited = std::chrono::round<std::chrono::seconds>(parts.dependencies.clock.now() - began);
    parts.streams.take_out(stream_id);
    parts.sharing_work.wake();
    if (left > 0) {
        return Error{.code = ErrorCode::timed_out,
                     .message = fmt::format("stream {}: {} records were not acknowledged within {} s; they are still "
                                            "sent",
                                            stream_id, left, waited.count())};
    }
    return {};
}

Status IngestionRuntime::configure_source(SourceOptions options, std::unique_ptr<Connector> connector,
                                          SourceHandler handler) {
    detail::IngestionParts& parts = *parts_;
    parts.resolver.allow(options.topic);
    const auto source = parts.streams.set_topic(options.name, parts.resolver.usual_topic(options.name, options.topic));
    if (source == nullptr) {
        return Error{.code = ErrorCode::not_found, .message = fmt::format("source {} does not run", options.name)};
    }
    source->configure(std::move(options), std::move(connector), std::move(handler));
    return {};
}

void IngestionRuntime::configure(const IngestionSettings& settings) {
    detail::IngestionParts& parts = *parts_;
    if (parts.streams.is_stopped()) {
        return; // the queue has no bounds any more
    }
    {
        const std::scoped_lock lock(parts.settings_mutex);
        parts.settings.queue = settings.queue;
        parts.settings.throttling = settings.throttling;
        parts.settings.sending = settings.sending;
    }
    parts.resolver.allow_listed(settings.topic_resolution.allowed_topics);
    parts.queue.configure(settings.queue);
    parts.line.configure(settings.queue.max_wait);
    parts.throttle.configure(settings.throttling);
    parts.producer.configure(settings.sending);
    parts.drain.configure(settings.sending);
    parts.lag_work.wake();
    parts.queue.interrupt();
}

std::map<std::string, std::string> IngestionRuntime::streams() const {
    std::map<std::string, std::string> ids;
    for (const detail::IngestionParts::Stream& stream : parts_->streams.all()) {
        ids.emplace(stream.id, stream.source->name());
    }
    return ids;
}

std::vector<PartHealth> IngestionRuntime::health() const {
    std::vector<PartHealth> parts = parts_->loops_in_trouble();
    for (const detail::IngestionParts::Stream& stream : parts_->streams.all()) {
        parts.push_back(stream.source->health());
    }
    for (const auto& [source, why] : parts_->streams.failed()) {
        parts.push_back({.name = "source " + source, .ready = false, .alive = true, .detail = why});
    }
    if (std::string trouble = parts_->sharing->status().trouble; !trouble.empty()) {
        parts.push_back({.name = "sharing of sources", .ready = false, .alive = true, .detail = std::move(trouble)});
    }
    return parts;
}

PartHealth IngestionRuntime::sending() const { return parts_->sending(); }

nlohmann::json IngestionRuntime::status() const { return detail::numbers_of(parts_->status()); }
nlohmann::json IngestionRuntime::health_check() const { return detail::health_of(parts_->status()); }

std::size_t IngestionRuntime::open_rows() const { return parts_->scheduler.open_rows(); }

} // namespace streaming
