#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

#include "core/streaming/infrastructure/message_producer.hpp"

namespace streaming::detail {

/// Waits for the delivery reports of some records. One ticket a record; tickets stay where they are until `reset`.
/// Must outlive the producer's delivery thread, which may still be on its way out of a report when `wait` returns.
class DeliveryWait final : private DeliverySink {
public:
    struct Ticket final : DeliveryTicket {
        explicit Ticket(DeliverySink& sink) : DeliveryTicket(sink) {}
        bool delivered = false;
        std::string error{};
    };

    void reset() { tickets_.clear(); } ///< nothing may be open
    /// Before the record is sent.
    [[nodiscard]] Ticket& expect();
    /// Until every expected report is here. The producer reports every record, at the latest after its delivery
    /// timeout, so this ends.
    void wait();
    [[nodiscard]] const std::deque<Ticket>& tickets() const noexcept { return tickets_; } ///< after wait

private:
    void on_delivery(DeliveryTicket& ticket, const Delivery& delivery) noexcept override;
    void on_delivery_batch_end() noexcept override {}

    std::deque<Ticket> tickets_{};
    std::mutex open_mutex_{};
    std::condition_variable open_changed_{};
    std::size_t open_ = 0;
};

} // namespace streaming::detail
