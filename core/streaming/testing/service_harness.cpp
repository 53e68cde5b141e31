#include "core/streaming/testing/service_harness.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "core/streaming/infrastructure/event_id.hpp"
#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/orchestration/service_plan.hpp"

namespace streaming {
namespace {

/// Real time after which a test that waits has failed.
constexpr std::chrono::seconds kGuard{25};
/// Fake time moves only after so much real time in which nothing happened: a handler at work is not overtaken by it.
/// Only how far time moves depends on it, never the result.
constexpr std::chrono::milliseconds kQuiet{1};
/// The same, and how far time moves then, while the service starts or stops: there a deadline is the last resort.
constexpr std::chrono::milliseconds kQuietForTimeGiver{100};
constexpr std::chrono::seconds kTimeGiven{5};

/// Moves the clock while nothing else happens, for as long as one lives: so that a start or a stop that only time can
/// end does end.
class TimeGiver {
public:
    explicit TimeGiver(fakes::Platform& platform)
        : platform_(platform), thread_([this](const std::stop_token& stop) { run(stop); }) {}
    ~TimeGiver() {
        thread_.request_stop();
        platform_.activity().bump();
    }
    TimeGiver(const TimeGiver&) = delete;
    TimeGiver& operator=(const TimeGiver&) = delete;

private:
    void run(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            const auto seen = platform_.activity().count();
            const auto until = std::chrono::steady_clock::now() + kQuietForTimeGiver;
            if (!stop.stop_requested() && !platform_.activity().wait_past(seen, until) &&
                platform_.clock().waiters() > 0) {
                platform_.clock().advance(kTimeGiven);
            }
        }
    }

    fakes::Platform& platform_;
    std::jthread thread_;
};

Settings with_fakes(Settings settings) {
    if (settings.kafka.bootstrap_servers.empty()) {
        settings.kafka.bootstrap_servers = "fake:9092";
        if (!settings.redis) {
            settings.redis = RedisOptions{.url = "redis://fake:6379"};
        }
    }
    return settings;
}

SentMessage sent_message(fakes::StoredRecord&& record) {
    SentMessage message{
        .key = std::move(record.key), .payload = std::move(record.payload), .headers = std::move(record.headers)};
    if (message.payload) {
        if (auto envelope = EventEnvelope::parse(*message.payload); envelope.ok()) {
            message.envelope = std::move(envelope).value();
        }
    }
    return message;
}

} // namespace

std::string SentMessage::header(std::string_view name) const { return std::string(headers.find(name).value_or("")); }

ServiceHarness::ServiceHarness(Wire wire, Settings settings)
    : own_platform_(std::make_unique<fakes::Platform>()),
      platform_(*own_platform_),
      wire_(std::move(wire)),
      settings_(with_fakes(std::move(settings))) {}

ServiceHarness::ServiceHarness(Wire wire, Settings settings, fakes::Platform& platform)
    : platform_(platform), wire_(std::move(wire)), settings_(with_fakes(std::move(settings))) {}

ServiceHarness::~ServiceHarness() { (void)stop(); }

std::string ServiceHarness::deliver_data(OutgoingMessage message, std::string_view type, std::string data,
                                         std::string id) {
    const EventEnvelope envelope{.id = id.empty() ? to_string(make_uuid_v7()) : std::move(id),
                                 .type = std::string(type),
                                 .timestamp = platform_.clock().system_now(),
                                 .source = "test",
                                 .data = std::move(data)};
    message.payload = envelope.to_json();
    deliver_raw(message);
    return envelope.id;
}

void ServiceHarness::deliver_raw(const OutgoingMessage& message) {
    (void)platform_.broker().append(message, platform_.clock().system_now());
}

void ServiceHarness::start() {
    if (service_) {
        return;
    }
    StreamServiceBuilder builder("service", settings_, platform_);
    wire_(builder);
    auto service = builder.build();
    {
        const TimeGiver time_giver(platform_);
        if (const Status started = service->start(); !started) {
            throw std::runtime_error(fmt::format("the service does not start: {}", started.error().message));
        }
    }
    service_ = std::move(service);
    const Health health = service_->health();
    const auto sources = std::count_if(health.parts.begin(), health.parts.end(),
                                       [](const PartHealth& part) { return part.name.starts_with("source "); });
    poll_threads_ = std::min(static_cast<std::size_t>(sources), IngestionPlan{}.poll_threads);
}

void ServiceHarness::drain() {
    start();
    wait_until_idle();
    if (platform_.broker().has_uncommitted()) {
        platform_.clock().advance(platform_.commit_interval());
        wait_until_idle();
    }
}

void ServiceHarness::poll_sources() {
    start();
    wait_until_idle();
    (void)platform_.clock().advance_to_next_deadline();
    drain();
}

void ServiceHarness::wait_until_idle() {
    const auto guard = std::chrono::steady_clock::now() + kGuard;
    auto& activity = platform_.activity();
    for (;;) {
        const auto seen = activity.count();
        if (flows_are_idle() && sources_are_idle() && activity.count() == seen) {
            return;
        }
        const auto now = std::chrono::steady_clock::now();
        if (now >= guard) {
            throw std::runtime_error(what_is_not_idle());
        }
        // A flow that waits for a retry, say. Threads that poll sources wait for a time too, but nobody waits for them.
        const bool waits_for_time = !flows_are_idle() && platform_.clock().waiters() > poll_threads_;
        if (!activity.wait_past(seen, waits_for_time ? now + kQuiet : guard)) {
            (void)platform_.clock().advance_to_next_deadline();
        }
    }
}

bool ServiceHarness::flows_are_idle() const {
    // Parked before and after, without anything in between: then what was in flight was so all the time.
    const auto seen = platform_.activity().count();
    return platform_.broker().all_parked() && service_->in_flight() == 0 && platform_.activity().count() == seen;
}

/// A source that is not being polled leaves its thread waiting for the time of the next poll.
bool ServiceHarness::sources_are_idle() const { return platform_.clock().waiters() >= poll_threads_; }

std::string ServiceHarness::what_is_not_idle() const {
    return fmt::format(
        "the service is not idle after {} s:\n{}records in flight: {}; threads that wait for a time: {} ({} of them "
        "poll sources)\nhealth: {}",
        kGuard.count(), platform_.broker().describe_consumers(), service_->in_flight(), platform_.clock().waiters(),
        poll_threads_, service_->health().to_json());
}

std::size_t ServiceHarness::stop() {
    if (!service_) {
        return 0;
    }
    const TimeGiver time_giver(platform_);
    return service_->stop();
}

std::vector<SentMessage> ServiceHarness::sent(const std::string& topic) const {
    std::vector<SentMessage> messages;
    for (fakes::StoredRecord& record : platform_.broker().records(topic)) {
        if (record.produced) {
            messages.push_back(sent_message(std::move(record)));
        }
    }
    return messages;
}

std::vector<SentMessage> ServiceHarness::dead_letters(std::string_view topic, std::string_view group) const {
    return sent(TopicNames::dead_letters(topic, group));
}

std::int64_t ServiceHarness::committed(const std::string& group, const std::string& topic) const {
    std::int64_t records = 0;
    for (std::int32_t partition = 0; partition < platform_.broker().partitions_of(topic).value_or(0); ++partition) {
        records += platform_.broker().committed(group, {topic, partition}).value_or(0);
    }
    return records;
}

FlowCounts ServiceHarness::counts(const std::string& flow) const {
    if (service_) {
        for (auto& [labels, counts] : service_->metrics().flows()) {
            if (labels.flow == flow) {
                return counts;
            }
        }
    }
    return {};
}

ServiceOrchestrator& ServiceHarness::service() {
    start();
    return *service_;
}

} // namespace streaming
