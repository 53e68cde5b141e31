#include "core/streaming/reliability/recent_ids.hpp"

#include <algorithm>
#include <bit>

namespace streaming {

namespace {

constexpr std::size_t kLargestCapacity = std::size_t{1} << 30U; // the tag has to hold the place of a slot
constexpr std::size_t kFirstIds = 512;                          // room from the start; one source of a hundred has few

} // namespace

// Twice as many slots as ids: a probe looks at 1.5 of them on average.
RecentIds::RecentIds(std::size_t capacity)
    : capacity_(std::clamp<std::size_t>(capacity, 1, kLargestCapacity)),
      index_(std::bit_ceil(std::min(capacity_, kFirstIds) * 2)) {
    entries_.reserve(capacity_); // addresses only: its pages come with the ids
}

bool RecentIds::contains(const IdFingerprint& id, std::int64_t oldest_bucket) noexcept {
    const Slot slot = index_[find_slot(id)];
    if (slot.entry == kFree || entries_[slot.entry].bucket < oldest_bucket) {
        return false;
    }
    entries_[slot.entry].asked = true;
    return true;
}

void RecentIds::insert(const IdFingerprint& id, std::int64_t bucket) {
    if (const Slot slot = index_[find_slot(id)]; slot.entry != kFree) {
        Entry& known = entries_[slot.entry];
        known.bucket = std::max(known.bucket, bucket);
        known.asked = true;
        return;
    }
    auto place = static_cast<std::uint32_t>(entries_.size());
    if (entries_.size() < capacity_) {
        if (entries_.size() * 2 >= index_.size()) {
            grow_index();
        }
        entries_.emplace_back();
    } else {
        place = evict();
    }
    entries_[place] = {.id = id, .bucket = bucket};
    index_[find_slot(id)] = {.tag = tag_of(id), .entry = place}; // looked up again: evicting may have moved slots
}

void RecentIds::grow_index() {
    index_ = std::vector<Slot>(index_.size() * 2);
    for (std::uint32_t place = 0; place < entries_.size(); ++place) {
        const IdFingerprint& id = entries_[place].id;
        index_[find_slot(id)] = {.tag = tag_of(id), .entry = place};
    }
}

/// The slot of the id, or the free one where it would go.
std::size_t RecentIds::find_slot(const IdFingerprint& id) const noexcept {
    std::size_t slot = home_of(tag_of(id));
    while (index_[slot].entry != kFree && (index_[slot].tag != tag_of(id) || entries_[index_[slot].entry].id != id)) {
        slot = (slot + 1) & (index_.size() - 1);
    }
    return slot;
}

std::size_t RecentIds::slot_of_entry(std::uint32_t entry) const noexcept {
    std::size_t slot = home_of(tag_of(entries_[entry].id));
    while (index_[slot].entry != entry) {
        slot = (slot + 1) & (index_.size() - 1);
    }
    return slot;
}

/// Frees a slot and moves later ones of its run up, so that no probe ends too early (Knuth, TAOCP vol. 3, 6.4 algorithm
/// R).
void RecentIds::free_slot(std::size_t slot) noexcept {
    const std::size_t mask = index_.size() - 1;
    std::size_t gap = slot;
    for (std::size_t next = (gap + 1) & mask; index_[next].entry != kFree; next = (next + 1) & mask) {
        const std::size_t home = home_of(index_[next].tag);
        if (((next - home) & mask) >= ((next - gap) & mask)) {
            index_[gap] = index_[next];
            gap = next;
        }
    }
    index_[gap] = {};
}

std::uint32_t RecentIds::evict() noexcept {
    while (entries_[hand_].asked) {
        entries_[hand_].asked = false;
        hand_ = (hand_ + 1) % capacity_;
    }
    const auto victim = static_cast<std::uint32_t>(hand_);
    hand_ = (hand_ + 1) % capacity_;
    free_slot(slot_of_entry(victim));
    return victim;
}

} // namespace streaming
