#include "core/streaming/reliability/flow_metrics.hpp"

#include "core/streaming/reliability/utf8.hpp"

namespace streaming {

namespace {
constexpr std::size_t kMaxLabelBytes = 100;
}

void count_label(LabelCounts& counts, std::string_view value) {
    if (auto known = counts.find(value); known != counts.end()) {
        ++known->second;
        return;
    }
    std::string cleaned;
    detail::append_utf8(cleaned, value, kMaxLabelBytes);
    auto known = counts.find(cleaned);
    if (known == counts.end()) {
        known =
            counts.try_emplace(counts.size() < kMaxLabelValues ? std::move(cleaned) : std::string(kOtherLabel)).first;
    }
    ++known->second;
}

void FlowCounts::finish(Outcome outcome, std::string_view reason) {
    ++outcomes[static_cast<std::size_t>(outcome)];
    switch (outcome) {
        case Outcome::ignored:
            return count_label(ignored_by_reason, reason);
        case Outcome::dead_lettered:
            return count_label(dead_lettered_by_class, reason);
        case Outcome::dropped:
            return count_label(dropped_by_reason, reason);
        case Outcome::handled:
        case Outcome::duplicate:
            return;
    }
}

void FlowMetrics::publish(const FlowCounts& counts) {
    const std::lock_guard lock(counts_mutex_);
    counts_ = counts;
}

FlowCounts FlowMetrics::snapshot() const {
    const std::lock_guard lock(counts_mutex_);
    return counts_;
}

} // namespace streaming
