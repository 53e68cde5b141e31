#include "services/firms/record_detections.hpp"

#include <fmt/format.h>

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
    while (const auto row = table.next()) {
        const auto reject = [&](std::string_view problem) {
            context.reject(row->text, fmt::format("row {}, line {}: {}", row->number, row->line, problem));
        };
        if (!row->detection) {
            reject(row->problem);
            continue;
        }
        const Detection& detection = *row->detection;
        if (minute_of(detection.acquired_at) > minute_of(latest)) {
            reject(gate.reason("acq_date", detection.acquired_at));
            continue;
        }
        if (detection.acquired_at > newest) {
            newest = detection.acquired_at;
        }
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
