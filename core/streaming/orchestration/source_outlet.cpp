#include "core/streaming/orchestration/source_outlet.hpp"

#include <algorithm>
#include <utility>

namespace streaming::detail {

namespace {

/// Records that are made before the queue is asked for room again; before it has taken one, one.
constexpr std::size_t kPortion = 64;

} // namespace

bool SourceOutlet::give(SourceRows& rows, std::size_t count, const SourceOptions& source,
                        const std::shared_ptr<SettlementListener>& listener) {
    waits_for_room_ = !source.shadow; // before it is tried: room that comes meanwhile is not missed
    stands_back_ = !source.shadow && !dependencies_.line.may_try(dependencies_.source);
    if (stands_back_) {
        return false;
    }
    bool all = true;
    for (std::size_t most = 1; count > 0 && all; most = kPortion) {
        const std::size_t portion = std::min(most, count);
        all = give_portion(rows, portion, source, listener);
        count -= portion;
    }
    waits_for_room_ = !all;
    if (!all) {
        dependencies_.line.found_no_room(dependencies_.source);
    }
    return all;
}

bool SourceOutlet::give_portion(SourceRows& rows, std::size_t count, const SourceOptions& source,
                                const std::shared_ptr<SettlementListener>& listener) {
    std::vector<IngestionRecord> records;
    std::vector<EmitOptions> asked_for; // of each row; what follows from them is decided anew for those that come back
    records.reserve(count);
    asked_for.reserve(count);
    try {
        while (records.size() < count) {
            SourceRows::Waiting& next = rows.next_waiting();
            records.push_back(record_of(next, source)); // what throws leaves the row as it is
            records.back().listener = listener;
            asked_for.push_back(std::move(next.row.options));
            (void)rows.take_waiting();
        }
    } catch (...) {
        put_back(rows, records, asked_for);
        throw;
    }
    dependencies_.settled.expect(records.size());
    try {
        if (source.shadow) {
            withhold(records);
            return true;
        }
        if (dependencies_.queue.try_enqueue_batch(records) > 0) {
            dependencies_.line.entered(dependencies_.source);
        }
    } catch (...) { // the source reads them again
        std::ranges::for_each(records, [](const auto& record) { record.settle(Settlement::given_up); });
        throw;
    }
    const bool all = records.empty();
    dependencies_.settled.retract(records.size());
    put_back(rows, records, asked_for);
    return all;
}

/// These are the last of those that were made.
void SourceOutlet::put_back(SourceRows& rows, std::vector<IngestionRecord>& records,
                            std::vector<EmitOptions>& asked_for) {
    for (auto record = records.rbegin(); record != records.rend(); ++record, asked_for.pop_back()) {
        rows.put_back({.row = {.id = std::move(record->id),
                               .key = std::move(record->key),
                               .payload = std::move(record->payload),
                               .rejected = std::move(record->rejected),
                               .options = std::move(asked_for.back())},
                       .fetched = record->fetched});
    }
}

/// Rejected rows go to the dead-letter topic of the topic they would have had.
IngestionRecord SourceOutlet::record_of(SourceRows::Waiting& waiting, const SourceOptions& source) const {
    SourceRow& row = waiting.row;
    const std::string& explicit_topic = row.options.topic.empty() ? source.topic : row.options.topic;
    // First what needs memory; what comes then only moves.
    std::string name = source.name;
    std::string topic(dependencies_.resolver.resolve(
        {.source = source.name, .explicit_topic = explicit_topic, .payload = row.payload}));
    if (row.rejected) {
        row.key = row.id;
    }
    return {.id = std::move(row.id),
            .source = std::move(name),
            .topic = std::move(topic),
            .key = std::move(row.key),
            .payload = std::move(row.payload),
            .rejected = std::move(row.rejected),
            .priority = row.options.priority.value_or(source.priority),
            .fetched = waiting.fetched};
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
