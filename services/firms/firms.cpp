#include "services/firms/firms.hpp"

#include "services/flags.hpp"
#include "services/ingest/flag_source.hpp"

namespace services::firms {
namespace {

using streaming::Settings;

/// A rolling file of a region, which needs no key, or the area API.
streaming::CustomParams::Map params_of(const Settings& settings, const std::string& product) {
    streaming::CustomParams::Map params{{"product", product}};
    if (!settings.flag("rolling").empty()) {
        params["rolling"] = settings.flag("rolling");
        params["region"] = settings.flag("region");
        return params;
    }
    params["area"] = settings.flag("area");
    params["day_range"] = whole_number(settings, "day-range", 2, 5);
    if (!settings.flag("map-key").empty()) {
        params["map_key"] = settings.flag("map-key");
    }
    return params;
}

} // namespace

std::vector<streaming::ServiceFlag> flags() {
    return {{.name = "api", .help = "base URL of the API", .fallback = "https://firms.modaps.eosdis.nasa.gov"},
            {.name = "map-key", .help = "key of the API; better in the variable FIRMS_MAP_KEY", .fallback = ""},
            {.name = "source", .help = "products, with commas between them", .fallback = "VIIRS_SNPP_NRT"},
            {.name = "area", .help = "west,south,east,north in degrees, or world", .fallback = "world"},
            // The API's first day is the current one in UTC, and rows come hours late: one day would lose them.
            {.name = "day-range", .help = "days asked for by each poll, 2 to 5", .fallback = "2"},
            {.name = "rolling", .help = "24h, 48h or 7d: the files that need no key, of --region", .fallback = ""},
            {.name = "region", .help = "of rolling files, such as Global, Europe", .fallback = "Global"},
            {.name = "poll-seconds", .help = "time between two polls of a product", .fallback = "600"}};
}

void wire(streaming::StreamServiceBuilder& service) {
    const Settings& settings = service.settings();
    for (const std::string& product : list(settings, "source")) {
        ingest::add_source(service,
                           {.name = "firms_" + product,
                            .type = "nasa_firms",
                            .topic = std::string(streaming::TopicNames::fires),
                            .url = base_url(settings, "api"),
                            .interval = std::chrono::seconds(whole_number(settings, "poll-seconds", 1, 86'400)),
                            .params = params_of(settings, product),
                            .flags = {{"product", "source"},
                                      {"area", "area"},
                                      {"map_key", "map-key"},
                                      {"rolling", "rolling"},
                                      {"region", "region"}}});
    }
}

} // namespace services::firms
