#include "core/streaming/orchestration/source_outlet.hpp"

#include <utility>

namespace streaming::detail {

bool SourceOutlet::give(SourceRows& rows, std::size_t count, const SourceOptions& source,
                        const std::shared_ptr<SettlementListener>& listener) {
    waits_for_room_ = !source.shadow; // before it is tried: room that comes meanwhile is not missed
    stands_back_ = !source.shadow && !dependencies_.line.may_try(dependencies_.source);
    if (stands_back_) {
        return false;
    }
    std::vector<IngestionRecord> records;
    records.reserve(count);
    std::vector<EmitOptions> asked_for; // of each row; what follows from them is decided anew for those that come back
    asked_for.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        SourceRows::Waiting waiting = rows.take_waiting();
        asked_for.push_back(waiting.row.options);
        records.push_back(record_of(std::move(waiting), source));
        records.back().listener = listener;
    }
    dependencies_.settled.expect(records.size());
    if (source.shadow) {
        withhold(records);
        return true;
    }
    if (dependencies_.queue.try_enqueue_batch(records) > 0) {
        dependencies_.line.entered(dependencies_.source);
    }
    waits_for_room_ = !records.empty();
    if (waits_for_room_) {
        dependencies_.line.found_no_room(dependencies_.source);
    }
    for (auto record = records.rbegin(); record != records.rend(); ++record, asked_for.pop_back()) {
        rows.put_back({.row = {.id = std::move(record->id),
                               .key = std::move(record->key),
                               .payload = std::move(record->payload),
                               .rejected = std::move(record->rejected),
                               .options = std::move(asked_for.back())},
                       .fetched = record->fetched});
    }
    dependencies_.settled.retract(records.size());
    return records.empty();
}

/// Rejected rows go to the dead-letter topic of the topic they would have had.
IngestionRecord SourceOutlet::record_of(SourceRows::Waiting&& waiting, const SourceOptions& source) const {
    SourceRow& row = waiting.row;
    const std::string& explicit_topic = row.options.topic.empty() ? source.topic : row.options.topic;
    IngestionRecord record{.id = std::move(row.id),
                           .source = source.name,
                           .topic = std::string(dependencies_.resolver.resolve(
                               {.source = source.name, .explicit_topic = explicit_topic, .payload = row.payload})),
                           .key = std::move(row.key),
                           .payload = std::move(row.payload),
                           .rejected = std::move(row.rejected),
                           .priority = row.options.priority.value_or(source.priority),
                           .fetched = waiting.fetched};
    if (record.rejected) {
        record.key = record.id;
    }
    return record;
}

void SourceOutlet::withhold(const std::vector<IngestionRecord>& records) {
    for (const IngestionRecord& record : records) {
        dependencies_.shadow_log.write({.topic = record.topic,
                                        .key = record.key,
                                        .id = record.id,
                                        .correlation_id = record.id,
                                        .source = record.source,
                                        .rejected = record.rejected.has_value()});
        record.settle(record.rejected ? Settlement::dead_lettered : Settlement::acknowledged);
    }
}

} // namespace streaming::detail
