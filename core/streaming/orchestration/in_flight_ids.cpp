#include "core/streaming/orchestration/in_flight_ids.hpp"

#include <utility>

namespace streaming::detail {

RecordTask* InFlightIds::hold(RecordTask& task) {
    if (size_ * 2 >= slots_.size()) {
        grow();
    }
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = home(task.fingerprint);; at = (at + 1) & mask) {
        if (slots_[at] == nullptr) {
            slots_[at] = &task;
            ++size_;
            return nullptr;
        }
        if (slots_[at]->fingerprint == task.fingerprint) {
            return slots_[at];
        }
    }
}

void InFlightIds::release(const RecordTask& task) noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = home(task.fingerprint);
    while (slots_[at] != &task) {
        if (slots_[at] == nullptr) {
            return;
        }
        at = (at + 1) & mask;
    }
    --size_;
    // Backward-shift deletion: entries behind the hole move up unless they are at home.
    for (std::size_t next = (at + 1) & mask; slots_[next] != nullptr; next = (next + 1) & mask) {
        const std::size_t wanted = home(slots_[next]->fingerprint);
        if (((next - wanted) & mask) >= ((next - at) & mask)) {
            slots_[at] = slots_[next];
            at = next;
        }
    }
    slots_[at] = nullptr;
}

void InFlightIds::grow() {
    std::vector<RecordTask*> old(slots_.size() * 2);
    old.swap(slots_);
    size_ = 0;
    for (RecordTask* task : old) {
        if (task != nullptr) {
            (void)hold(*task);
        }
    }
}

} // namespace streaming::detail
