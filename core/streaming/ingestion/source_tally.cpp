#include "core/streaming/ingestion/source_tally.hpp"

#include <utility>

namespace streaming::detail {

namespace {

/// Names of one family differ in length or at an end: `noaa_weather_ca`, `noaa_weather_or`.
std::size_t slot_of(std::string_view source) noexcept {
    if (source.empty()) {
        return 0;
    }
    const auto byte = [&](std::size_t index) {
        return static_cast<std::size_t>(static_cast<unsigned char>(source[index]));
    };
    const std::size_t last = source.size() - 1;
    return source.size() + 5 * byte(last) + 11 * byte(last > 0 ? last - 1 : 0) + 3 * byte(0);
}

} // namespace

SourceTally::Counts& SourceTally::of(std::string_view source) {
    Recent& recent = recent_[slot_of(source) % kRecent];
    if (recent.counts == nullptr || recent.source != source) {
        recent.counts = &look_up(source);
        recent.source = source;
    }
    return *recent.counts;
}

SourceTally::Counts& SourceTally::look_up(std::string_view source) {
    if (auto known = counts_.find(source); known != counts_.end()) {
        return known->second;
    }
    LabelCounts cleaned;
    count_label(cleaned, source); // knows what a label may be
    const std::string& label = cleaned.begin()->first;
    auto known = counts_.find(label);
    if (known == counts_.end()) {
        known = counts_.try_emplace(counts_.size() < kMaxLabelValues ? label : std::string(kOtherLabel)).first;
    }
    return known->second;
}

void SourceTally::copy_to(QueueCounts& counts) const {
    for (const auto& [source, counted] : counts_) {
        if (counted.enqueued > 0) {
            counts.enqueued_by_source.emplace(source, counted.enqueued);
        }
        for (std::size_t priority = 0; priority < kPriorities; ++priority) {
            for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
                if (const std::uint64_t count = counted.dropped[priority][reason]; count > 0) {
                    counts.drops.push_back({.source = source,
                                            .priority = static_cast<Priority>(priority),
                                            .reason = static_cast<DropReason>(reason),
                                            .count = count});
                }
            }
        }
    }
}

} // namespace streaming::detail
