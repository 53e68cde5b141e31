#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/streaming/ingestion/ingestion_record.hpp"
#include "core/streaming/reliability/flow_metrics.hpp"

namespace streaming::detail {

/// Counts the rows of one source: consumed = handled + duplicate + dead_lettered + dropped + in_flight. Goes on where
/// the source stood when it was stopped: what was on its way then and was never settled is over.
/// Used by one thread at a time.
class SourceAccount {
public:
    explicit SourceAccount(std::shared_ptr<FlowMetrics> metrics);

    void found(std::size_t rows, std::size_t new_rows);
    void settled(Settlement settlement, bool rejected);
    void publish(std::uint64_t store_errors);

private:
    std::shared_ptr<FlowMetrics> metrics_;
    FlowCounts counts_;
};

} // namespace streaming::detail
