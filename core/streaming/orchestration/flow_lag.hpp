#pragma once

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/message_consumer.hpp"
#include "core/streaming/orchestration/partition_table.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming::detail {

/// How far a flow is behind, in records and seconds, and for how long its oldest unfinished record has been that: into
/// `counts`. Of partitions whose end is not known nothing counts. `last_read` is the time of the record read last. For
/// the poll thread.
void measure_lag(const PartitionTable& partitions, const MessageConsumer& consumer, Clock::system_time last_read,
                 Clock& clock, FlowCounts& counts);

} // namespace streaming::detail
