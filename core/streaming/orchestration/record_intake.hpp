#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "core/streaming/infrastructure/envelope_reader.hpp"
#include "core/streaming/orchestration/record_task.hpp"

namespace streaming::detail {

/// Turns the records of one poll into tasks: reads the envelopes, gives every record an id, registers it with its
/// partition. Used by the poll thread.
class RecordIntake {
public:
    struct Options {
        bool deduplicate = false;
    };
    RecordIntake(FlightPool& pool, PartitionTable& partitions, Options options)
        : pool_(pool), partitions_(partitions), options_(options) {}

    /// Takes the records over. The batch comes from the pool.
    [[nodiscard]] FlightBatch& read(RecordBatch& polled);
    /// When the record was made that was taken last.
    [[nodiscard]] std::chrono::system_clock::time_point last_timestamp() const noexcept { return last_timestamp_; }
    [[nodiscard]] std::uint64_t missing_ids() const noexcept { return missing_ids_; }

private:
    void read_envelope(RecordTask& task, const ConsumedRecord& record);

    FlightPool& pool_;
    PartitionTable& partitions_;
    Options options_;
    EnvelopeReader reader_{};
    std::uint64_t missing_ids_ = 0;
    std::chrono::system_clock::time_point last_timestamp_{};
};

} // namespace streaming::detail
