#include "services/firms/record_detections.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "services/contested.hpp"
#include "services/firms/detection.hpp"
#include "services/firms/table.hpp"

namespace services::firms {
namespace {

/// 2026-10-01T06:14 of an RFC 3339 time in UTC: compared as text, since an answer holds a hundred thousand of them.
std::string_view minute_of(std::string_view time) { return time.substr(0, 16); }

} // namespace

void record_detections(const streaming::Response& answer, streaming::SourceContext& context, streaming::TimeGate gate) {
    std::string latest;
    streaming::append_rfc3339(latest, context.now() + gate.max_ahead);
    std::string newest;
    Table table(answer.body);
    std::vector<Table::Row> rows;
    std::vector<Told> told;             // by the good ones
    std::vector<std::size_t> numbers{}; // of those
    while (auto row = table.next()) {
        if (row->detection && minute_of(row->detection->acquired_at) > minute_of(latest)) {
            row->problem = gate.reason("acq_date", row->detection->acquired_at);
            row->detection.reset();
        }
        if (row->detection) {
            if (row->detection->acquired_at > newest) {
                newest = row->detection->acquired_at;
            }
            told.push_back({.natural_key = natural_key(*row->detection), .content = content_of(*row->detection)});
            numbers.push_back(row->number);
        }
        rows.push_back(std::move(*row));
    }
    const std::vector<std::size_t> counting = counting_rows(told);
    std::size_t good = 0;
    for (Table::Row& row : rows) {
        const std::size_t at = good;
        if (row.detection && counting[good++] != at) {
            row.problem =
                fmt::format("is the fire of row {} with other values: that one counts", numbers[counting[at]]);
        }
        if (!row.problem.empty()) {
            context.reject(row.text, fmt::format("row {}, line {}: {}", row.number, row.line, row.problem));
            continue;
        }
        context.emit_revisable(told[at].natural_key, tile(*row.detection), *row.detection, told[at].content,
                               [](const Detection& again, const streaming::Revision& revision) {
                                   return DetectionRevised{{again}, revision.number, revision.previous};
                               });
    }
    if (const auto time = streaming::parse_rfc3339(newest)) {
        context.payload_is_of(time.value());
    }
}

} // namespace services::firms
