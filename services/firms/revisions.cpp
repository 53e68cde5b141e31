#include "services/firms/revisions.hpp"

#include <fmt/compile.h>
#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace services::firms {
namespace {

std::uint64_t content_of(const Detection& detection) {
    std::uint64_t hash = std::hash<std::string_view>{}(detection.version);
    for (const std::uint64_t part :
         {std::bit_cast<std::uint64_t>(detection.frp_mw), std::bit_cast<std::uint64_t>(detection.brightness_k),
          static_cast<std::uint64_t>(std::hash<std::string_view>{}(detection.confidence)),
          static_cast<std::uint64_t>(detection.confidence_percent.value_or(-1))}) {
        hash = (hash ^ part) * 0x9E3779B97F4A7C15ULL; // the golden ratio: spreads what differs in few bits
        hash ^= hash >> 32;
    }
    return hash;
}

} // namespace

bool Revisions::is_revised(std::string_view natural_key, const Detection& detection) {
    const std::uint64_t key = std::hash<std::string_view>{}(natural_key) | 1U; // never 0
    const std::uint64_t content = content_of(detection);
    Slot* slot = &slot_of(key);
    if (slot->key == 0) {
        if (used_ * 2 >= slots_.size()) {
            grow();
            slot = &slot_of(key);
        }
        ++used_;
        *slot = {.key = key, .content = content};
    } else if (is_forgotten(*slot)) {
        *slot = {.key = key, .content = content};
    }
    slot->answer = answer_;
    slot->revised = slot->revised || slot->content != content;
    return slot->revised;
}

Revisions::Slot& Revisions::slot_of(std::uint64_t key) {
    std::size_t at = (key >> 1) & (slots_.size() - 1);
    while (slots_[at].key != 0 && slots_[at].key != key) {
        at = (at + 1) & (slots_.size() - 1);
    }
    return slots_[at];
}

void Revisions::grow() {
    std::erase_if(slots_, [this](const Slot& slot) { return slot.key == 0 || is_forgotten(slot); });
    std::vector<Slot> kept = std::move(slots_);
    used_ = kept.size();
    slots_.assign(std::bit_ceil(std::max<std::size_t>(1024, used_ * 4)), {});
    for (const Slot& slot : kept) {
        slot_of(slot.key) = slot;
    }
}

std::string revision_key(std::string_view natural_key, const Detection& detection) {
    return fmt::format(FMT_COMPILE("{}|{}|{}|{}|{}|{}"), natural_key, detection.frp_mw, detection.brightness_k,
                       detection.confidence, detection.confidence_percent.value_or(-1), detection.version);
}

} // namespace services::firms
