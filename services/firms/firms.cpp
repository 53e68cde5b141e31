#include "services/firms/firms.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "services/firms/table.hpp"
#include "services/flags.hpp"

namespace services::firms {
namespace {

/// The key is part of the URL's path. It is never put into a message.
std::string map_key(const streaming::Settings& settings) {
    std::string key = settings.flag("map-key");
    if (const char* variable = std::getenv("FIRMS_MAP_KEY"); key.empty() && variable != nullptr) {
        key = variable;
    }
    if (key.empty() || !std::ranges::all_of(key, [](unsigned char letter) { return std::isalnum(letter) != 0; })) {
        throw streaming::ConfigError(
            {"flag --map-key (or the variable FIRMS_MAP_KEY): must be given, letters and digits only"});
    }
    return key;
}

} // namespace

std::vector<streaming::ServiceFlag> flags() {
    return {{.name = "api", .help = "base URL of the API", .fallback = "https://firms.modaps.eosdis.nasa.gov"},
            {.name = "map-key", .help = "key of the API; better in the variable FIRMS_MAP_KEY", .fallback = ""},
            {.name = "source", .help = "products, with commas between them", .fallback = "VIIRS_SNPP_NRT"},
            {.name = "area", .help = "west,south,east,north in degrees, or world", .fallback = "world"},
            // Two days at least make sense: the API's first day is the current one in UTC, and rows come hours late.
            {.name = "day-range", .help = "days asked for by each poll, 1 to 5", .fallback = "2"},
            {.name = "poll-seconds", .help = "time between two polls of a product", .fallback = "600"}};
}

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

void wire(streaming::StreamServiceBuilder& service) {
    const streaming::Settings& settings = service.settings();
    const std::string area = settings.flag("area");
    if (area.empty() || area.find_first_not_of("0123456789.,-") != std::string::npos) {
        if (area != "world") {
            refuse_flag("area", area, "world, or west,south,east,north in degrees");
        }
    }
    const std::string place = "/" + area + "/" + std::to_string(whole_number(settings, "day-range", 1, 5));
    for (const std::string& product : list(settings, "source")) {
        if (std::ranges::find(kProducts, product) == kProducts.end()) {
            refuse_flag("source", product, "one of " + fmt::format("{}", fmt::join(kProducts, ", ")));
        }
        service.add_source(
            {.name = "firms_" + product,
             .topic = std::string(streaming::TopicNames::fires),
             .ingestion = {.polling_interval =
                               std::chrono::seconds(whole_number(settings, "poll-seconds", 1, 86'400))}},
            std::make_unique<streaming::HttpConnector>(streaming::HttpConnector::Options{
                .url = base_url(settings, "api") + "/api/area/csv/" + map_key(settings) + "/" + product + place}),
            record_detections);
    }
}

} // namespace services::firms
