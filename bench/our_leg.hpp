#pragma once

#include "bench/leg_options.hpp"
#include "core/streaming/patterns/run_service.hpp"

namespace bench {

/// One leg as a service of ours would do it, with metrics, retries and dead letters armed; deduplication in the dedup
/// leg only. Prints its measurement; returns the exit code of the process.
int run_our_leg(const LegOptions& options);
int run_our_wrapper(const LegOptions& options);
/// ingest, source, latency_*: a StreamManager with connectors in memory, until every record is acknowledged.
int run_our_ingestion(const LegOptions& options);
/// sources: a StreamManager polls 100 APIs once a second. Prints polls_per_second, cpu_percent and rss_mib.
int run_our_sources(const LegOptions& options);

/// How long a service takes from nothing to ready, everything armed. Prints started_ms and ready_ms.
int run_our_start(const LegOptions& options);

/// The same service in all legs but for its handler.
void arm(streaming::StreamServiceBuilder& builder, const LegOptions& options);
[[nodiscard]] streaming::ConsumerOptions consumer_options(const LegOptions& options);

} // namespace bench
