#include "core/streaming/testing/fake_message_producer.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/infrastructure/event_types.hpp"

namespace streaming::fakes {
namespace {

std::optional<std::string> owned(const std::optional<std::string_view>& text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

} // namespace

FakeMessageProducer::FakeMessageProducer(const Dependencies& dependencies, ProducerOptions options)
    : broker_(dependencies.broker), clock_(dependencies.clock), options_(std::move(options)) {}

FakeMessageProducer::~FakeMessageProducer() { (void)stop({}); }

Status FakeMessageProducer::start(std::chrono::milliseconds) {
    const std::lock_guard lock(broker_.state_mutex_);
    if (broker_.down_) {
        return Error{ErrorCode::unavailable, "the fake broker is down", true};
    }
    if (!std::exchange(running_, true)) {
        delivery_thread_ = std::jthread([this](const std::stop_token& stop) { deliver(stop); });
    }
    return {};
}

void FakeMessageProducer::send_batch(std::span<const OutgoingRecord> records, std::stop_token) noexcept {
    std::deque<Report> refused;
    {
        const std::lock_guard lock(broker_.state_mutex_);
        for (const OutgoingRecord& record : records) {
            if (auto error = refusal(record)) {
                refused.push_back({.ticket = record.ticket, .error = std::move(error)});
            } else {
                reports_.push_back(store(record));
            }
        }
        broker_.touch();
    }
    report(refused);
}

Result<std::string> FakeMessageProducer::send(const OutgoingMessage& message, std::chrono::milliseconds timeout) {
    const OutgoingRecord record{
        .topic = message.topic, .key = message.key, .payload = message.payload, .headers = &message.headers};
    std::unique_lock lock(broker_.state_mutex_);
    if (auto error = refusal(record)) {
        return *error;
    }
    const Report stored = store(record);
    if (stored.error) {
        return *stored.error;
    }
    const auto deadline = clock_.now() + timeout;
    broker_.changed_.wait(lock, [&] { return !broker_.acks_held_ || !running_ || clock_.now() >= deadline; });
    if (broker_.acks_held_) {
        return Error{ErrorCode::unknown_outcome,
                     fmt::format("topic {}: no acknowledgement within {} ms", message.topic, timeout.count()), true};
    }
    const auto envelope = EventEnvelope::parse(message.payload.value_or(std::string()));
    return envelope.ok() ? envelope.value().id : std::string();
}

std::size_t FakeMessageProducer::stop(std::chrono::milliseconds) noexcept {
    std::deque<Report> given_up;
    {
        std::unique_lock lock(broker_.state_mutex_);
        if (!std::exchange(running_, false)) {
            return 0;
        }
        broker_.touch();
        broker_.changed_.wait(lock, [this] { return (reports_.empty() || broker_.acks_held_) && !reporting_; });
        given_up.swap(reports_);
    }
    delivery_thread_.request_stop();
    delivery_thread_.join();
    for (Report& unacknowledged : given_up) {
        unacknowledged.error = Error{ErrorCode::unknown_outcome, "stopped before the acknowledgement came"};
    }
    report(given_up);
    return given_up.size();
}

std::optional<Error> FakeMessageProducer::refusal(const OutgoingRecord& record) const {
    if (!running_) {
        return Error{ErrorCode::stopped, "the producer is not running"};
    }
    if (!is_valid_topic(record.topic)) {
        return Error{ErrorCode::invalid_argument, fmt::format("topic {}: not a valid name", record.topic)};
    }
    const std::size_t bytes = record.key.value_or("").size() + record.payload.value_or("").size();
    if (bytes > options_.max_message_bytes) {
        return Error{ErrorCode::too_large,
                     fmt::format("topic {}: {} bytes, at most {}", record.topic, bytes, options_.max_message_bytes)};
    }
    return std::nullopt;
}

FakeMessageProducer::Report FakeMessageProducer::store(const OutgoingRecord& record) {
    if (broker_.down_) {
        return {.ticket = record.ticket, .error = Error{ErrorCode::timed_out, "the fake broker is down", true}};
    }
    if (auto fault = broker_.send_faults_.take(record.topic)) {
        return {.ticket = record.ticket, .error = std::move(fault)};
    }
    const StoredRecord stored = broker_.store({.topic = std::string(record.topic),
                                               .timestamp = clock_.system_now(),
                                               .key = owned(record.key),
                                               .payload = owned(record.payload),
                                               .headers = record.headers == nullptr ? Headers{} : *record.headers,
                                               .produced = true},
                                              std::nullopt);
    return {.ticket = record.ticket, .partition = stored.partition, .offset = stored.offset};
}

void FakeMessageProducer::deliver(const std::stop_token& stop) {
    std::unique_lock lock(broker_.state_mutex_);
    while (broker_.changed_.wait(lock, stop, [this] { return !reports_.empty() && !broker_.acks_held_; })) {
        std::deque<Report> due = std::exchange(reports_, {});
        reporting_ = true;
        lock.unlock();
        report(due);
        lock.lock();
        reporting_ = false;
        broker_.touch();
    }
}

void FakeMessageProducer::report(std::deque<Report>& reports) noexcept {
    std::vector<DeliverySink*> sinks;
    for (const Report& report : reports) {
        // The sink is remembered first: after its last report a ticket may be gone.
        DeliverySink& sink = report.ticket->sink();
        if (std::find(sinks.begin(), sinks.end(), &sink) == sinks.end()) {
            sinks.push_back(&sink);
        }
        sink.on_delivery(
            *report.ticket,
            {.error = report.error ? &*report.error : nullptr, .partition = report.partition, .offset = report.offset});
    }
    for (DeliverySink* sink : sinks) {
        sink->on_delivery_batch_end();
    }
}

} // namespace streaming::fakes
