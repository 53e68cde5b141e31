#include "core/streaming/orchestration/record_intake.hpp"

#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace streaming::detail {

namespace {

std::size_t bytes_of(const ConsumedRecord& record) noexcept {
    return (record.key ? record.key->size() : 0) + (record.payload ? record.payload->size() : 0);
}

void write_fallback_id(const ConsumedRecord& record, std::string& into) {
    into.clear();
    fmt::format_to(std::back_inserter(into), "{}:{}:{}", record.topic, record.partition, record.offset);
}

} // namespace

FlightBatch& RecordIntake::read(RecordBatch& polled) {
    FlightBatch& batch = *pool_.take_batch();
    batch.records = std::move(polled);
    for (const ConsumedRecord& record : batch.records.records()) {
        RecordTask& task = *pool_.take_task();
        task.batch = &batch;
        task.state.record = &record;
        task.partition = &partitions_.find(record.topic, record.partition);
        task.sequence = task.partition->tracker.push(record.offset);
        ++task.partition->outstanding;
        read_envelope(task, record);
        batch.tasks.push_back(&task);
        batch.bytes += bytes_of(record);
    }
    batch.unfinished = batch.tasks.size();
    last_timestamp_ = batch.records.records().back().timestamp;
    return batch;
}

void RecordIntake::read_envelope(RecordTask& task, const ConsumedRecord& record) {
    EnvelopeView envelope;
    if (record.payload) {
        if (Status status = reader_.read(*record.payload, envelope, task.unescaped); !status.ok()) {
            task.malformed = std::make_unique<Error>(status.error());
            return;
        }
        task.deduplicated = options_.deduplicate;
    }
    if (envelope.id.empty()) {
        write_fallback_id(record, task.fallback_id);
        envelope.id = task.fallback_id;
        missing_ids_ += record.payload ? 1 : 0;
    }
    task.state.message = Message(record, envelope);
    if (task.deduplicated) {
        task.fingerprint = fingerprint(envelope.id);
    }
}

} // namespace streaming::detail
