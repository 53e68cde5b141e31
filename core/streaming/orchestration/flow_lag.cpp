#include "core/streaming/orchestration/flow_lag.hpp"

#include <algorithm>
#include <chrono>

namespace streaming::detail {

void measure_lag(const PartitionTable& partitions, const MessageConsumer& consumer, Clock::system_time last_read,
                 Clock& clock, FlowCounts& counts) {
    const auto now = clock.now();
    std::int64_t sum = 0;
    bool known = false;
    Clock::steady_time::duration oldest_age{0};
    for (const auto& state : partitions.owned()) {
        const std::int64_t oldest = state->tracker.oldest_unfinished();
        if (oldest != state->oldest_seen || oldest < 0) {
            state->oldest_seen = oldest;
            state->oldest_since = now;
        }
        oldest_age = std::max(oldest_age, now - state->oldest_since);
        const std::int64_t position = state->tracker.committable();
        if (position < 0) {
            continue;
        }
        if (const auto lag = consumer.lag({state->id.topic, state->id.partition, position})) {
            sum += *lag;
            known = true;
        }
    }
    counts.lag_records = known ? sum : -1;
    if (known) {
        counts.lag_seconds =
            sum == 0 ? 0.0 : std::max(0.0, std::chrono::duration<double>(clock.system_now() - last_read).count());
    }
    counts.oldest_unfinished_seconds = std::chrono::duration<double>(oldest_age).count();
}

} // namespace streaming::detail
