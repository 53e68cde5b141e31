#include "core/streaming/orchestration/delivery_wait.hpp"

namespace streaming::detail {

DeliveryWait::Ticket& DeliveryWait::expect() {
    const std::scoped_lock lock(open_mutex_);
    ++open_;
    return tickets_.emplace_back(static_cast<DeliverySink&>(*this));
}

bool DeliveryWait::wait() {
    std::unique_lock lock(open_mutex_);
    open_changed_.wait(lock, [this] { return open_ == 0 || given_up_; });
    return open_ == 0;
}

void DeliveryWait::give_up() noexcept {
    const std::scoped_lock lock(open_mutex_);
    given_up_ = true;
    open_changed_.notify_all();
}

void DeliveryWait::on_delivery(DeliveryTicket& ticket, const Delivery& delivery) noexcept {
    auto& mine = static_cast<Ticket&>(ticket);
    const std::scoped_lock lock(open_mutex_);
    mine.delivered = delivery.error == nullptr;
    if (delivery.error != nullptr) {
        mine.error = delivery.error->message;
    }
    if (--open_ == 0) {
        open_changed_.notify_all();
    }
}

} // namespace streaming::detail
