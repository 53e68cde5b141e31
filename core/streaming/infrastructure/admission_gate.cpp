#include "core/streaming/infrastructure/admission_gate.hpp"

#include <algorithm>

namespace streaming::detail {

std::size_t AdmissionGate::admit(std::size_t wanted, std::stop_token stop, std::optional<steady_time> deadline) {
    std::unique_lock lock(inside_mutex_);
    const auto may_go_on = [this] { return closed_ || inside_ < capacity_; };
    if (!may_go_on()) {
        ++waiting_;
        if (deadline) {
            (void)changed_.wait_until(lock, stop, *deadline, may_go_on);
        } else {
            (void)changed_.wait(lock, stop, may_go_on);
        }
        --waiting_;
    }
    if (closed_ || inside_ >= capacity_) {
        return 0;
    }
    const std::size_t granted = std::min(wanted, capacity_ - inside_);
    inside_ += granted;
    return granted;
}

void AdmissionGate::leave(std::size_t count) {
    bool somebody_waits = false;
    {
        const std::lock_guard lock(inside_mutex_);
        inside_ -= count;
        somebody_waits = waiting_ > 0;
    }
    if (somebody_waits) {
        changed_.notify_all();
    }
}

void AdmissionGate::close() {
    {
        const std::lock_guard lock(inside_mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

bool AdmissionGate::closed() const {
    const std::lock_guard lock(inside_mutex_);
    return closed_;
}

std::size_t AdmissionGate::inside() const {
    const std::lock_guard lock(inside_mutex_);
    return inside_;
}

bool AdmissionGate::wait_until_empty(steady_time deadline) {
    std::unique_lock lock(inside_mutex_);
    ++waiting_;
    const bool empty = changed_.wait_until(lock, deadline, [this] { return inside_ == 0; });
    --waiting_;
    return empty;
}

} // namespace streaming::detail
