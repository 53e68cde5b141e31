#include "core/streaming/infrastructure/kafka_message_producer.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <utility>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// One message somebody waits for. It owns what librdkafka was lent, so it stays until its report came, even when
/// nobody waits any more.
class PendingSend final : public DeliverySink {
public:
    explicit PendingSend(OutgoingMessage message) : message_(std::move(message)) {}

    static void keep_until_reported(const std::shared_ptr<PendingSend>& send) { send->self_ = send; }

    [[nodiscard]] OutgoingRecord record() {
        return {.topic = message_.topic,
                .key = message_.key,
                .payload = message_.payload,
                .headers = &message_.headers,
                .ticket = &ticket_};
    }

    void on_delivery(DeliveryTicket& /*ticket*/, const Delivery& delivery) noexcept override {
        const std::lock_guard lock(result_mutex_);
        result_ = delivery.error != nullptr ? Status(*delivery.error) : Status();
    }
    void on_delivery_batch_end() noexcept override {
        reported_.notify_all();
        const auto last = std::move(self_);
    }

    [[nodiscard]] std::optional<Status> wait_until(steady_clock::time_point deadline) {
        std::unique_lock lock(result_mutex_);
        reported_.wait_until(lock, deadline, [this] { return result_.has_value(); });
        return result_;
    }

private:
    OutgoingMessage message_;
    DeliveryTicket ticket_{*this};
    std::mutex result_mutex_{};
    std::condition_variable reported_{};
    std::optional<Status> result_{};
    std::shared_ptr<PendingSend> self_{};
};

std::string id_of(const OutgoingMessage& message) {
    if (!message.payload) {
        return {};
    }
    auto envelope = EventEnvelope::parse(*message.payload);
    return envelope ? std::move(envelope).value().id : std::string{};
}

} // namespace

KafkaMessageProducer::KafkaMessageProducer(KafkaOptions kafka, const ProducerOptions& options)
    : kafka_(std::move(kafka)), options_(options), gate_(options.max_queued_records) {}

KafkaMessageProducer::~KafkaMessageProducer() { (void)stop(0ms); }

std::shared_ptr<KafkaMessageProducer::Connection> KafkaMessageProducer::connection() const {
    const std::lock_guard lock(connection_mutex_);
    return connection_;
}

Status KafkaMessageProducer::start(std::chrono::milliseconds timeout) {
    const std::lock_guard lifecycle(lifecycle_mutex_);
    if (!connection()) {
        auto opened = Connection::open(kafka_, options_);
        if (!opened) {
            return opened.error();
        }
        {
            const std::lock_guard lock(connection_mutex_);
            connection_ = std::move(opened).value();
        }
        delivery_thread_ = std::jthread([this](const std::stop_token& stop) { deliver(stop); });
    }
    const auto current = connection();
    if (auto status = current->wait_for_broker(timeout); !status) {
        const std::string problem = current->last_problem();
        return Error{ErrorCode::unavailable,
                     fmt::format("kafka: no broker of {} answered within {} ms{}{}", kafka_.bootstrap_servers,
                                 timeout.count(), problem.empty() ? "" : ": ", problem),
                     true};
    }
    return {};
}

void KafkaMessageProducer::send_batch(std::span<const OutgoingRecord> records, std::stop_token stop) noexcept {
    while (!records.empty()) {
        const std::size_t granted = gate_.admit(records.size(), stop);
        if (granted == 0) {
            const Error stopped{ErrorCode::stopped, "producer: was stopped before there was room in the send queue",
                                true};
            detail::DeliveryReports reports;
            for (const auto& record : records) {
                reports.report(record.ticket, {.error = &stopped});
            }
            return;
        }
        produce(records.first(granted));
        records = records.subspan(granted);
    }
}

void KafkaMessageProducer::produce(std::span<const OutgoingRecord> records) {
    detail::DeliveryReports refused;
    if (const auto current = connection()) {
        gate_.leave(current->produce(records, refused));
        return;
    }
    const Error not_started{ErrorCode::stopped, "producer: is not running", true};
    for (const auto& record : records) {
        refused.report(record.ticket, {.error = &not_started});
    }
    gate_.leave(records.size());
}

Result<std::string> KafkaMessageProducer::send(const OutgoingMessage& message, std::chrono::milliseconds timeout) {
    const auto deadline = steady_clock::now() + timeout;
    if (gate_.admit(1, {}, deadline) == 0) {
        if (gate_.closed()) {
            return Error{ErrorCode::stopped, "producer: is stopped", false};
        }
        return Error{ErrorCode::timed_out,
                     fmt::format("topic {}: no room in the send queue within {} ms", message.topic, timeout.count()),
                     true};
    }
    const auto pending = std::make_shared<PendingSend>(message);
    PendingSend::keep_until_reported(pending);
    const OutgoingRecord record = pending->record();
    produce({&record, 1});
    const auto result = pending->wait_until(deadline);
    if (!result) {
        return Error{ErrorCode::unknown_outcome,
                     fmt::format("topic {}: no acknowledgement within {} ms", message.topic, timeout.count()), true};
    }
    if (!*result) {
        return result->error();
    }
    return id_of(message);
}

void KafkaMessageProducer::deliver(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { connection()->wake(); });
    while (!stop.stop_requested()) {
        const auto current = connection();
        // Want of memory ends the process here: a report that got lost would leave its record open for ever, while
        // after a restart everything that was not acknowledged comes again.
        current->serve(1s, gate_);
        if (current->broken()) {
            rebuild(*current);
        }
    }
}

void KafkaMessageProducer::rebuild(Connection& broken) {
    auto opened = Connection::open(kafka_, options_);
    if (!opened) {
        spdlog::error("producer: cannot make a new client after a fatal error: {}", opened.error().message);
        return; // the next turn of the delivery thread tries again
    }
    spdlog::warn("producer: a fatal error of its client ({}); goes on with a new one", broken.last_problem());
    {
        const std::lock_guard lock(connection_mutex_);
        connection_ = std::move(opened).value();
    }
    while (!broken.drained()) {
        broken.purge(); // each time: somebody may have been on the way into it
        broken.serve(100ms, gate_);
    }
}

std::size_t KafkaMessageProducer::stop(std::chrono::milliseconds timeout) noexcept {
    const std::lock_guard lifecycle(lifecycle_mutex_);
    gate_.close();
    if (!delivery_thread_.joinable()) {
        return 0;
    }
    connection()->flush(timeout);
    const std::size_t given_up = gate_.inside();
    if (given_up > 0) {
        spdlog::warn("producer: gives up {} records that were not acknowledged within {} ms", given_up,
                     timeout.count());
        connection()->purge();
        constexpr auto kPatience = 5s; // reports of a purge come at once
        if (!gate_.wait_until_empty(steady_clock::now() + kPatience)) {
            spdlog::error("producer: {} records got no report", gate_.inside());
        }
    }
    delivery_thread_.request_stop();
    delivery_thread_.join();
    const std::lock_guard lock(connection_mutex_);
    connection_.reset();
    return given_up;
}

} // namespace streaming
