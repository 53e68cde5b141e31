#include "core/streaming/infrastructure/kafka_producer_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/streaming/infrastructure/kafka_errors.hpp"
#include "core/streaming/infrastructure/kafka_partitions.hpp"
#include "core/streaming/infrastructure/kafka_settings.hpp"

namespace streaming::detail {
namespace {

/// librdkafka only reads, but its structures are not const. An empty view may point nowhere, which would mean "null".
void* bytes_of(const std::optional<std::string_view>& bytes) {
    static char nothing = '\0';
    if (!bytes) {
        return nullptr;
    }
    return bytes->empty() ? &nothing : const_cast<char*>(bytes->data()); // NOLINT: only read
}

std::size_t size_of(const std::optional<std::string_view>& bytes) { return bytes ? bytes->size() : 0; }

KafkaHeaders to_kafka(const Headers& headers) {
    KafkaHeaders result(rd_kafka_headers_new(headers.size()));
    for (const auto& [name, value] : headers) {
        (void)rd_kafka_header_add(result.get(), name.data(), static_cast<ssize_t>(name.size()),
                                  value ? value->data() : nullptr, value ? static_cast<ssize_t>(value->size()) : 0);
    }
    return result;
}

bool has_headers(const OutgoingRecord& record) { return record.headers != nullptr && !record.headers->empty(); }

} // namespace

void DeliveryReports::report(DeliveryTicket* ticket, const Delivery& delivery) {
    if (ticket == nullptr) {
        return;
    }
    DeliverySink& sink = ticket->sink();
    sink.on_delivery(*ticket, delivery);
    if (sinks_.empty() || (sinks_.back() != &sink && std::ranges::find(sinks_, &sink) == sinks_.end())) {
        sinks_.push_back(&sink);
    }
}

void DeliveryReports::finish() {
    for (auto* const sink : sinks_) {
        sink->on_delivery_batch_end();
    }
    sinks_.clear();
}

Result<std::shared_ptr<KafkaProducerConnection>> KafkaProducerConnection::open(const KafkaOptions& kafka,
                                                                               const ProducerOptions& options) {
    auto settings = producer_settings(kafka, options);
    if (!settings) {
        return settings.error();
    }
    rd_kafka_conf_set_events(settings.value().get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    auto client = open_client(RD_KAFKA_PRODUCER, std::move(settings).value());
    if (!client) {
        return client.error();
    }
    return std::make_shared<KafkaProducerConnection>(std::move(client).value());
}

KafkaProducerConnection::KafkaProducerConnection(KafkaHandle client)
    : client_(std::move(client)), queue_(rd_kafka_queue_get_main(client_.get())) {}

KafkaProducerConnection::~KafkaProducerConnection() = default;

Status KafkaProducerConnection::wait_for_broker(std::chrono::milliseconds timeout) const {
    const rd_kafka_metadata_t* answer = nullptr;
    const auto failure = rd_kafka_metadata(client_.get(), 0, nullptr, &answer, to_wait(timeout));
    const KafkaMetadata unused(answer);
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return {};
    }
    return kafka_error(failure, "kafka");
}

rd_kafka_topic_t* KafkaProducerConnection::topic(std::string_view name) {
    const std::lock_guard lock(topics_mutex_);
    auto found = topics_.find(name);
    if (found == topics_.end()) {
        // Kept: the first record of a topic without a handle waits up to a second for a timer.
        std::string text(name);
        auto* const handle = rd_kafka_topic_new(client_.get(), text.c_str(), nullptr);
        if (handle == nullptr) {
            return nullptr;
        }
        found = topics_.emplace(std::move(text), handle).first;
    }
    return found->second.get();
}

std::size_t KafkaProducerConnection::produce(std::span<const OutgoingRecord> records, DeliveryReports& refused) {
    queued_ += records.size();
    std::size_t failed = 0;
    while (!records.empty()) {
        const OutgoingRecord& first = records.front();
        std::size_t run = 1;
        if (has_headers(first)) {
            failed += produce_with_headers(first, refused);
        } else {
            while (run < records.size() && !has_headers(records[run]) && records[run].topic == first.topic) {
                ++run;
            }
            failed += produce_run(records.first(run), refused);
        }
        records = records.subspan(run);
    }
    queued_ -= failed;
    return failed;
}

std::size_t KafkaProducerConnection::produce_run(std::span<const OutgoingRecord> records, DeliveryReports& refused) {
    rd_kafka_topic_t* const handle = topic(records.front().topic);
    if (handle == nullptr) {
        const auto why = rd_kafka_last_error();
        std::ranges::for_each(records, [&](const OutgoingRecord& record) { refuse(record, why, refused); });
        return records.size();
    }
    thread_local std::vector<rd_kafka_message_t> messages;
    messages.assign(records.size(), rd_kafka_message_t{});
    for (std::size_t i = 0; i < records.size(); ++i) {
        messages[i].payload = bytes_of(records[i].payload);
        messages[i].len = size_of(records[i].payload);
        messages[i].key = bytes_of(records[i].key);
        messages[i].key_len = size_of(records[i].key);
        messages[i]._private = records[i].ticket;
    }
    constexpr int kLentPayload = 0; // neither copied nor freed
    const int accepted = rd_kafka_produce_batch(handle, RD_KAFKA_PARTITION_UA, kLentPayload, messages.data(),
                                                static_cast<int>(messages.size()));
    const std::size_t failed = records.size() - static_cast<std::size_t>(accepted);
    for (std::size_t i = 0; failed > 0 && i < records.size(); ++i) {
        if (messages[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            refuse(records[i], messages[i].err, refused);
        }
    }
    return failed;
}

std::size_t KafkaProducerConnection::produce_with_headers(const OutgoingRecord& record, DeliveryReports& refused) {
    rd_kafka_topic_t* const handle = topic(record.topic);
    if (handle == nullptr) {
        refuse(record, rd_kafka_last_error(), refused);
        return 1;
    }
    KafkaHeaders headers = to_kafka(*record.headers);
    const auto failure = rd_kafka_producev(
        client_.get(), RD_KAFKA_VTYPE_RKT, handle, RD_KAFKA_VTYPE_VALUE, bytes_of(record.payload),
        size_of(record.payload), RD_KAFKA_VTYPE_KEY, bytes_of(record.key), size_of(record.key), RD_KAFKA_VTYPE_HEADERS,
        headers.get(), RD_KAFKA_VTYPE_OPAQUE, static_cast<void*>(record.ticket), RD_KAFKA_VTYPE_END);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        refuse(record, failure, refused);
        return 1;
    }
    (void)headers.release(); // taken
    return 0;
}

void KafkaProducerConnection::refuse(const OutgoingRecord& record, rd_kafka_resp_err_t why,
                                     DeliveryReports& refused) const {
    Error error = kafka_error(why, fmt::format("topic {}", record.topic));
    if (why == RD_KAFKA_RESP_ERR__FATAL) {
        // This client is beyond repair, the record is not: the producer is making a new one.
        error.code = ErrorCode::unavailable;
        error.retryable = true;
    }
    refused.report(record.ticket, {.error = &error});
}

void KafkaProducerConnection::serve(std::chrono::milliseconds wait, AdmissionGate& gate) {
    const KafkaEvent event(rd_kafka_queue_poll(queue_.get(), to_wait(wait)));
    if (!event) {
        return;
    }
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
        const std::lock_guard lock(problem_mutex_);
        problem_ = rd_kafka_event_error_string(event.get());
    } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
        hand_on(*event, gate);
    }
}

void KafkaProducerConnection::hand_on(rd_kafka_event_t& reports, AdmissionGate& gate) {
    const bool was_broken = broken();
    std::size_t count = 0;
    DeliveryReports sinks;
    std::vector<const rd_kafka_message_t*> messages(rd_kafka_event_message_count(&reports));
    messages.resize(rd_kafka_event_message_array(&reports, messages.data(), messages.size()));
    for (const rd_kafka_message_t* const message : messages) {
        // Tickets lie where other threads wrote them last; asked for in time they are here when their turn comes.
        constexpr std::size_t kAhead = 8;
        if (count + kAhead < messages.size()) {
            __builtin_prefetch(messages[count + kAhead]->_private, 1);
        }
        ++count;
        auto* const ticket = static_cast<DeliveryTicket*>(message->_private);
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            sinks.report(ticket, {.partition = message->partition, .offset = message->offset});
            continue;
        }
        const Error error = was_broken ? delivery_error_of_ended(*message) : delivery_error(*message);
        sinks.report(ticket, {.error = &error});
    }
    queued_ -= count;
    gate.leave(count); // first: whoever is told that all are delivered must not find them inside
    sinks.finish();
}

void KafkaProducerConnection::flush(std::chrono::milliseconds timeout) noexcept {
    (void)rd_kafka_flush(client_.get(), to_wait(timeout));
}

void KafkaProducerConnection::purge() noexcept {
    (void)rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

bool KafkaProducerConnection::broken() const noexcept {
    return rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::string KafkaProducerConnection::last_problem() const {
    const std::lock_guard lock(problem_mutex_);
    return problem_;
}

} // namespace streaming::detail
