// What a source shows of itself.

#include <utility>

#include "core/streaming/orchestration/source_flow.hpp"

namespace streaming {

void SourceFlow::publish() {
    const std::uint64_t errors = memory_.store_errors();
    dependencies_.account->store_failed(errors - std::exchange(store_errors_, errors));
    dependencies_.account->publish();
    diary_.publish(mode_counts(), rows_.backlog());
}

/// Of all modes it ever had.
ModeCounts SourceFlow::mode_counts() const {
    ModeCounts counts = mode_->counts();
    counts.records_processed += earlier_.records_processed;
    counts.polls += earlier_.polls;
    counts.errors += earlier_.errors;
    counts.missed += earlier_.missed;
    return counts;
}

PartHealth SourceFlow::health() const {
    const SourceStatus now = status();
    return {.name = "source " + name_, .ready = now.ready, .alive = true, .detail = now.detail};
}

SourceStatus SourceFlow::status() const {
    SourceStatus status = diary_.status();
    status.name = name_;
    if (!dependencies_.tenure(name_)) {
        status.ready = !dependencies_.sharing_in_trouble || !dependencies_.sharing_in_trouble();
        status.detail = status.ready ? "another process polls it" : "the store is away: who polls it cannot be decided";
        status.stale = false;
    }
    const std::scoped_lock lock(change_mutex_);
    if (api_ != nullptr) {
        status.api = api_->counts();
    }
    return status;
}

} // namespace streaming
