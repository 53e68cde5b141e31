#include "core/streaming/reliability/reliability_layer.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/reliability/correlation.hpp"

namespace streaming {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kNoMemoryDelay = 1s;
constexpr std::string_view kTooLarge = "TooLarge";
constexpr std::string_view kMalformed = "Malformed";

std::string_view correlation_of(const Message& message) {
    return message.correlation_id().empty() ? message.id() : message.correlation_id();
}

std::string place_of(const ConsumedRecord& record) {
    return fmt::format("{}:{}:{}", record.topic, record.partition, record.offset);
}

std::size_t bytes_of(const OutgoingRecord& record) {
    std::size_t bytes = record.key.value_or("").size() + record.payload.value_or("").size();
    if (record.headers != nullptr) {
        for (const Headers::Entry& entry : *record.headers) {
            bytes += entry.name.size() + (entry.value ? entry.value->size() : 0);
        }
    }
    return bytes;
}

} // namespace

ReliabilityLayer::ReliabilityLayer(const Dependencies& dependencies, Options options)
    : dependencies_(dependencies), options_(options) {}

Verdict ReliabilityLayer::attempt(RecordState& state, OutputBuffer& outputs, DeliveryTicket& ticket,
                                  std::stop_token stop) const noexcept {
    const CorrelationScope scope(correlation_of(state.message));
    return guarded(outputs, [&] {
        if (state.dead_lettering) {
            return dead_letter(state, outputs, ticket);
        }
        if (state.malformed) {
            return failed(state, {std::string(kMalformed), "the envelope could not be read", true}, outputs, ticket);
        }
        ++state.attempt;
        const HandlerTable::Entry* entry = handler_for(state.message);
        if (entry == nullptr) {
            return unwanted(state, outputs, ticket);
        }
        return handle(*entry, state, outputs, ticket, std::move(stop));
    });
}

Verdict ReliabilityLayer::reject(RecordState& state, const Error& why, OutputBuffer& outputs,
                                 DeliveryTicket& ticket) const noexcept {
    return guarded(outputs, [&] {
        state.malformed = true;
        state.message = Message(*state.record, {});
        return failed(state, {std::string(kMalformed), why.message, true}, outputs, ticket);
    });
}

Verdict ReliabilityLayer::delivery_failed(RecordState& state, const Error& why, OutputBuffer& outputs,
                                          DeliveryTicket& ticket) const noexcept {
    const CorrelationScope scope(correlation_of(state.message));
    return guarded(outputs, [&] {
        if (why.code == ErrorCode::stopped) {
            return unfinished();
        }
        if (state.dead_lettering) {
            return dead_letter_undelivered(state, why, outputs, ticket);
        }
        const bool too_large = why.code == ErrorCode::too_large;
        return failed(state, {std::string(too_large ? kTooLarge : "Delivery"), why.message, too_large}, outputs,
                      ticket);
    });
}

/// What goes wrong because the service stops says nothing about the record: it is left for the next start.
Verdict ReliabilityLayer::unfinished() const noexcept {
    return {.kind = Verdict::Kind::retry, .retry_at = dependencies_.clock.now()};
}

/// Runs one step. When there is no memory even to record a failure, the record waits and stays unfinished.
template <class Step>
Verdict ReliabilityLayer::guarded(OutputBuffer& outputs, const Step& step) const noexcept {
    const OutputBuffer::Mark before = outputs.mark();
    try {
        return step();
    } catch (...) {
        outputs.rollback(before);
        dependencies_.log.error("record could not be handled for want of memory, trying again");
        return {.kind = Verdict::Kind::retry, .retry_at = dependencies_.clock.now() + kNoMemoryDelay};
    }
}

const HandlerTable::Entry* ReliabilityLayer::handler_for(const Message& message) const noexcept {
    const HandlerTable::Entry* entry = dependencies_.handlers.find(message.type());
    return entry != nullptr ? entry : dependencies_.handlers.catch_all();
}

Verdict ReliabilityLayer::handle(const HandlerTable::Entry& entry, RecordState& state, OutputBuffer& outputs,
                                 DeliveryTicket& ticket, std::stop_token stop) const {
    const OutputBuffer::Mark before = outputs.mark();
    Context context({dependencies_.flow, outputs, ticket, dependencies_.log, dependencies_.clock}, state.message,
                    state.attempt, std::move(stop));
    if (auto caught = run(entry, state.message, context)) {
        outputs.rollback(before);
        return !caught->permanent && context.stop_token().stop_requested()
                   ? unfinished()
                   : failed(state, std::move(*caught), outputs, ticket);
    }
    if (const std::size_t bytes = largest_since(outputs, before); bytes > options_.max_message_bytes) {
        outputs.rollback(before);
        std::string text = fmt::format("handler {} sent a message of {} bytes, at most {} are allowed", entry.name,
                                       bytes, options_.max_message_bytes);
        return failed(state, {std::string(kTooLarge), std::move(text), true}, outputs, ticket);
    }
    state.outcome = context.ignore_reason().empty() ? Outcome::handled : Outcome::ignored;
    state.reason = context.ignore_reason();
    return {};
}

std::optional<ReliabilityLayer::Caught> ReliabilityLayer::run(const HandlerTable::Entry& entry, const Message& message,
                                                              Context& context) {
    try {
        entry.handler(message, context);
        return std::nullopt;
    } catch (const PermanentError& error) {
        return Caught{error.error_class(), error.what(), true};
    } catch (const std::bad_alloc&) {
        return Caught{"OutOfMemory", "no memory", false};
    } catch (const std::exception& error) {
        return Caught{"HandlerError", error.what(), false};
    } catch (...) {
        return Caught{"UnknownException", "something that is no std::exception was thrown", false};
    }
}

std::size_t ReliabilityLayer::largest_since(const OutputBuffer& outputs, OutputBuffer::Mark mark) noexcept {
    std::size_t largest = 0;
    for (const OutgoingRecord& record : outputs.since(mark)) {
        largest = std::max(largest, bytes_of(record));
    }
    return largest;
}

/// Nobody declared a handler for it.
Verdict ReliabilityLayer::unwanted(RecordState& state, OutputBuffer& outputs, DeliveryTicket& ticket) const {
    const bool tombstone = !state.message.payload().has_value();
    if (options_.strict_types) {
        return tombstone
                   ? failed(state, {"Tombstone", "no handler takes tombstones", true}, outputs, ticket)
                   : failed(state, {"UnknownType", fmt::format("no handler for type {}", state.message.type()), true},
                            outputs, ticket);
    }
    state.outcome = Outcome::ignored;
    state.reason = tombstone ? "tombstone" : state.message.type();
    return {};
}

Verdict ReliabilityLayer::failed(RecordState& state, Caught caught, OutputBuffer& outputs,
                                 DeliveryTicket& ticket) const {
    const auto now = dependencies_.clock.system_now();
    if (state.failure == nullptr) {
        state.failure = std::make_unique<FailureRecord>();
        state.failure->first = now;
    }
    FailureRecord& failure = *state.failure;
    failure.error_class = std::move(caught.error_class);
    failure.text = std::move(caught.text);
    failure.last = now;
    failure.permanent = caught.permanent;
    const Decision decision = decide(state);
    switch (decision.action) {
        case Decision::Action::retry:
            if (state.malformed) {
                break; // no handler could be run again
            }
            dependencies_.log.info("record {} failed in attempt {}, next in {} ms: {}: {}", place_of(*state.record),
                                   state.attempt, decision.delay.count(), failure.error_class, failure.text);
            return {.kind = Verdict::Kind::retry,
                    .retry_at = dependencies_.clock.now() + std::max(decision.delay, 0ms)};
        case Decision::Action::drop:
            dependencies_.log.warn("record {} dropped after {} attempts: {}: {}", place_of(*state.record),
                                   state.attempt, failure.error_class, failure.text);
            state.outcome = Outcome::dropped;
            state.reason = failure.error_class;
            return {};
        case Decision::Action::stop:
            dependencies_.log.error("record {} stops its flow after {} attempts: {}: {}", place_of(*state.record),
                                    state.attempt, failure.error_class, failure.text);
            return {.kind = Verdict::Kind::halt};
        case Decision::Action::dead_letter:
            break;
    }
    dependencies_.log.warn("record {} goes to {} after {} attempts: {}: {}", place_of(*state.record),
                           dependencies_.dead_letters.topic_for(state.record->topic), state.attempt,
                           failure.error_class, failure.text);
    return dead_letter(state, outputs, ticket);
}

/// An ErrorHandler that throws has no opinion: the record is kept, in the dead-letter topic.
Decision ReliabilityLayer::decide(const RecordState& state) const {
    const FailureRecord& failure = *state.failure;
    try {
        return dependencies_.errors.handle_processing_error({.message = state.message,
                                                             .attempt = std::max(state.attempt, 1),
                                                             .permanent = failure.permanent,
                                                             .error_class = failure.error_class,
                                                             .text = failure.text});
    } catch (const std::exception& error) {
        dependencies_.log.error("error handler threw, dead-lettering: {}", error.what());
    } catch (...) {
        dependencies_.log.error("error handler threw, dead-lettering");
    }
    return {.action = Decision::Action::dead_letter};
}

Verdict ReliabilityLayer::dead_letter(RecordState& state, OutputBuffer& outputs, DeliveryTicket& ticket) const {
    state.dead_lettering = true;
    const FailureRecord& failure = *state.failure;
    const HandlerTable::Entry* entry = state.attempt == 0 ? nullptr : handler_for(state.message);
    dependencies_.dead_letters.write(*state.record,
                                     {.error_class = failure.error_class,
                                      .text = failure.text,
                                      .handler = entry == nullptr ? std::string_view() : std::string_view(entry->name),
                                      .attempts = state.attempt,
                                      .first_failure = failure.first,
                                      .last_failure = failure.last,
                                      .correlation_id = correlation_of(state.message)},
                                     state.dead_letter_form, outputs, ticket);
    state.outcome = Outcome::dead_lettered;
    state.reason = failure.error_class;
    return {};
}

Verdict ReliabilityLayer::dead_letter_undelivered(RecordState& state, const Error& why, OutputBuffer& outputs,
                                                  DeliveryTicket& ticket) const {
    if (why.code == ErrorCode::too_large && state.dead_letter_form == DeadLetterForm::full) {
        dependencies_.log.warn("dead letter of record {} is too large, a pointer to it is kept: {}",
                               place_of(*state.record), why.message);
        state.dead_letter_form = DeadLetterForm::pointer;
        return dead_letter(state, outputs, ticket);
    }
    const RetryPolicy waits({.first_delay = 200ms, .max_delay = 30s});
    const auto wait = waits.longest_delay(++state.dead_letter_failures);
    dependencies_.log.error("dead letter of record {} not delivered, next in {} ms: {}", place_of(*state.record),
                            wait.count(), why.message);
    return {.kind = Verdict::Kind::retry, .retry_at = dependencies_.clock.now() + wait};
}

} // namespace streaming
