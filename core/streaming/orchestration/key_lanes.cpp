#include "core/streaming/orchestration/key_lanes.hpp"

#include <algorithm>

namespace streaming::detail {

namespace {

/// Of how many lanes the one with the least to do is taken: more would cost more than they even out.
constexpr std::size_t kCandidates = 16;

/// Spreads keys whose hashes differ in few bits.
std::uint64_t mix(std::uint64_t key) noexcept { return (key * 0x9E3779B97F4A7C15ULL) >> 32U; }

} // namespace

std::size_t KeyLanes::home(std::uint64_t key) const noexcept {
    return static_cast<std::size_t>(mix(key)) & (slots_.size() - 1);
}

std::size_t KeyLanes::find(std::uint64_t key) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = home(key);
    while (slots_[at].records != 0 && slots_[at].key != key) {
        at = (at + 1) & mask;
    }
    return at;
}

std::size_t KeyLanes::least_loaded(std::uint64_t key) const noexcept {
    std::size_t at = static_cast<std::size_t>(mix(key)) % loads_.size();
    std::size_t best = at;
    for (std::size_t tried = 1; tried < std::min(kCandidates, loads_.size()) && loads_[best] > 0; ++tried) {
        at = at + 1 == loads_.size() ? 0 : at + 1;
        if (loads_[at] < loads_[best]) {
            best = at;
        }
    }
    return best;
}

std::size_t KeyLanes::enter(std::uint64_t key) {
    if (size_ * 2 >= slots_.size()) {
        grow();
    }
    Slot& slot = slots_[find(key)];
    if (slot.records == 0) {
        slot = {.key = key, .lane = static_cast<std::uint32_t>(least_loaded(key))};
        ++size_;
    }
    ++slot.records;
    ++loads_[slot.lane];
    return slot.lane;
}

void KeyLanes::leave(std::uint64_t key, std::size_t lane) noexcept {
    --loads_[lane];
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = find(key);
    if (--slots_[at].records > 0) {
        return;
    }
    --size_;
    // Backward-shift deletion: entries behind the hole move up unless they are at home.
    for (std::size_t next = (at + 1) & mask; slots_[next].records != 0; next = (next + 1) & mask) {
        if (((next - home(slots_[next].key)) & mask) >= ((next - at) & mask)) {
            slots_[at] = slots_[next];
            at = next;
        }
    }
    slots_[at] = {};
}

void KeyLanes::grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
        if (slot.records != 0) {
            slots_[find(slot.key)] = slot;
        }
    }
}

} // namespace streaming::detail
