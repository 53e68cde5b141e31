#include "core/streaming/orchestration/source_account.hpp"

#include <string_view>
#include <utility>

namespace streaming::detail {

namespace {

constexpr std::string_view kNotDelivered = "not_delivered";

} // namespace

SourceAccount::SourceAccount(std::shared_ptr<FlowMetrics> metrics)
    : metrics_(std::move(metrics)), counts_(metrics_->snapshot()) {
    for (; counts_.in_flight > 0; --counts_.in_flight) {
        ++counts_.send_failed;
        counts_.finish(Outcome::dropped, kNotDelivered);
    }
}

void SourceAccount::found(std::size_t rows, std::size_t new_rows) {
    const std::scoped_lock lock(counts_mutex_);
    counts_.consumed += rows;
    counts_.in_flight += new_rows;
    counts_.outcomes[static_cast<std::size_t>(Outcome::duplicate)] += rows - new_rows;
}

void SourceAccount::settled(Settlement settlement, bool rejected) {
    const std::scoped_lock lock(counts_mutex_);
    --counts_.in_flight;
    switch (settlement) {
        case Settlement::acknowledged:
            ++counts_.sent;
            counts_.finish(Outcome::handled, {});
            break;
        case Settlement::dead_lettered:
            ++counts_.sent;
            counts_.finish(Outcome::dead_lettered, rejected ? "Rejected" : "NotDelivered");
            break;
        case Settlement::dropped:
            counts_.finish(Outcome::dropped, "overflow");
            break;
        case Settlement::discarded:
            ++counts_.send_failed;
            counts_.finish(Outcome::dropped, rejected ? "rejected" : "refused");
            break;
        case Settlement::given_up: // it comes again when the source shows it again
            ++counts_.send_failed;
            counts_.finish(Outcome::dropped, kNotDelivered);
            break;
    }
}

void SourceAccount::store_failed(std::uint64_t times) {
    const std::scoped_lock lock(counts_mutex_);
    counts_.dedup_store_errors += times;
}

void SourceAccount::publish() {
    const std::scoped_lock lock(counts_mutex_);
    metrics_->publish(counts_);
}

} // namespace streaming::detail
