#include "services/firms/record_detections.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "services/contested.hpp"
#include "services/firms/detection.hpp"
#include "services/firms/table.hpp"

namespace services::firms {
namespace {

/// 2026-10-01T06:14 of an RFC 3339 time in UTC: compared as text, since an answer holds a hundred thousand of them.
std::string_view minute_of(std::string_view time) { return time.substr(0, 16); }

/// Of what its natural key is made of.
std::uint64_t fingerprint(const Detection& detection) {
    const std::hash<std::string_view> hash;
    std::uint64_t sum = hash(detection.satellite);
    for (const std::uint64_t part :
         {hash(detection.acquired_at), static_cast<std::uint64_t>(std::llround(detection.latitude * 1e5)),
          static_cast<std::uint64_t>(std::llround(detection.longitude * 1e5))}) {
        sum = (sum ^ part) * 0x9E3779B97F4A7C15U; // Fibonacci hashing (Knuth, TAOCP 6.4)
        sum ^= sum >> 32U;
    }
    return sum;
}

/// For each row the one that counts of its fire.
std::vector<std::size_t> counting_rows_of(const std::vector<Table::Row>& rows) {
    std::vector<Told> told;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& detection = rows[i].detection;
        // A row that is rejected contests nothing.
        told.push_back(detection ? Told{.natural_key = natural_key(*detection), .content = content_of(*detection)}
                                 : Told{.natural_key = fmt::format("rejected {}", i)});
    }
    return counting_rows(told);
}

} // namespace

void record_detections(const streaming::Response& answer, streaming::SourceContext& context, streaming::TimeGate gate) {
    std::string latest;
    streaming::append_rfc3339(latest, context.now() + gate.max_ahead);
    std::string newest;
    Table table(answer.body);
    std::vector<Table::Row> rows;
    std::vector<std::uint64_t> fingerprints;
    rows.reserve(table.rows_left());
    fingerprints.reserve(table.rows_left());
    while (table.next(rows.emplace_back())) {
        Table::Row& row = rows.back();
        if (row.detection && minute_of(row.detection->acquired_at) > minute_of(latest)) {
            row.problem = gate.reason("acq_date", row.detection->acquired_at);
            row.detection.reset();
        }
        if (row.detection) {
            fingerprints.push_back(fingerprint(*row.detection));
            if (row.detection->acquired_at > newest) {
                newest = row.detection->acquired_at;
            }
        }
    }
    rows.pop_back(); // the end
    const std::vector<std::size_t> counting =
        streaming::has_equal(fingerprints) ? counting_rows_of(rows) : std::vector<std::size_t>{}; // empty: each row
    context.rows().reserve(context.rows().size() + rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Table::Row& row = rows[i];
        if (!counting.empty() && counting[i] != i) {
            row.problem =
                fmt::format("is the fire of row {} with other values: that one counts", rows[counting[i]].number);
        }
        if (!row.problem.empty()) {
            context.reject(row.text, fmt::format("row {}, line {}: {}", row.number, row.line, row.problem));
            continue;
        }
        const Detection& detection = *row.detection;
        context.emit_revisable(natural_key(detection), tile(detection), detection, content_of(detection),
                               [](const Detection& again, const streaming::Revision& revision) {
                                   return DetectionRevised{{again}, revision.number, revision.previous};
                               });
    }
    if (const auto time = streaming::parse_rfc3339(newest)) {
        context.payload_is_of(time.value());
    }
}

} // namespace services::firms
