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
    /// Until every expected report is here, or `give_up` was called: false then, and the tickets stay open.
    [[nodiscard]] bool wait();
    void give_up() noexcept;                                                              ///< for good; thread-safe
    [[nodiscard]] const std::deque<Ticket>& tickets() const noexcept { return tickets_; } ///< after wait

private:
    void on_delivery(DeliveryTicket& ticket, const Delivery& delivery) noexcept override;
    void on_delivery_batch_end() noexcept override {}

    std::deque<Ticket> tickets_{};
    std::mutex open_mutex_{};
    std::condition_variable open_changed_{};
    std::size_t open_ = 0;
    bool given_up_ = false;
};

} // namespace streaming::detail
