#include "services/firms/record_detections.hpp"

#include <fmt/format.h>

#include "services/firms/detection.hpp"
#include "services/firms/table.hpp"

namespace services::firms {

void record_detections(const streaming::Response& answer, streaming::SourceContext& context) {
    Table table(answer.body);
    while (const auto row = table.next()) {
        if (!row->detection) {
            context.reject(row->text, fmt::format("row {}, line {}: {}", row->number, row->line, row->problem));
            continue;
        }
        const Detection& detection = *row->detection;
        context.emit_revisable(natural_key(detection), tile(detection), detection, content_of(detection),
                               [](const Detection& again, const streaming::Revision& revision) {
                                   return DetectionRevised{{again}, revision.number, revision.previous};
                               });
    }
}

} // namespace services::firms
