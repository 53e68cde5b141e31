#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "core/streaming/ingestion/ingestion_record.hpp"
#include "core/streaming/reliability/flow_metrics.hpp"

namespace streaming::detail {

/// Counts the rows of one source: consumed = handled + duplicate + dead_lettered + dropped + in_flight. One that was
/// removed with rows on their way settles on and shares it with its successor. Goes on where the source of an earlier
/// service stood: what was on its way there and was never settled is over. Thread-safe.
class SourceAccount {
public:
    explicit SourceAccount(std::shared_ptr<FlowMetrics> metrics);

    void found(std::size_t rows, std::size_t new_rows);
    void settled(Settlement settlement, bool rejected);
    void store_failed(std::uint64_t times);
    void publish();

private:
    std::shared_ptr<FlowMetrics> metrics_;
    std::mutex counts_mutex_{};
    FlowCounts counts_;
};

} // namespace streaming::detail
