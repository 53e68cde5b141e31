#include "services/ingest/source_types.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "core/streaming/patterns/source_type.hpp"
#include "services/ingest/makers.hpp"
#include "services/ingest/noaa_forecasts.hpp"
#include "services/weather/forecast.hpp"

namespace services::ingest {
namespace {

using streaming::CustomParams;
using streaming::RecordedAnswer;

/// A key that nobody asks.
auto with_key(const char* name) {
    return [name](const RecordedAnswer& /*answer*/, CustomParams::Map& params) { params[name] = "recorded"; };
}

/// As if a URL had answered: the payload of a message of an MQTT broker is read in the same way.
void read_by_nobody(const RecordedAnswer& answer, CustomParams::Map& params) {
    for (const char* way :
         {"topics", "qos", "client_id", "username", "password", "ca_file", "certificate_file", "key_file",
          "mqtt_version", "receive_maximum", "keepalive_seconds", "session_expiry_seconds"}) {
        params.erase(way);
    }
    streaming::from_nowhere(answer, params);
}

/// A file that is there, or as if it was POSTed.
void in_a_file(const RecordedAnswer& answer, CustomParams::Map& params) {
    const auto session = params.find("session");
    CustomParams::Map all;
    if (session != params.end()) {
        all.insert(*session);
    }
    if (answer.path.empty() || answer.path == "-") {
        all.insert({{"listen", "127.0.0.1:0"}, {"authentication", "none"}});
    } else {
        all["file"] = answer.path;
    }
    params = std::move(all);
}

/// What kind of answer of the NWS it is, when that is not said.
std::string kind_of(const RecordedAnswer& answer, const CustomParams::Map& params) {
    const auto says = [&answer](const char* text) { return answer.response.body.find(text) != std::string::npos; };
    if (params.contains("zones")) {
        return "alerts";
    }
    if (params.contains("points") || params.contains("grids")) {
        return says("\"wx:Gridpoint\"") ? "gridpoints" : "forecast";
    }
    if (says("\"observationStations\"")) {
        return "stations";
    }
    if (params.contains("stations") || params.contains("data_types") || says("wx:ObservationStation")) {
        return "observations";
    }
    return says("\"wx:Gridpoint\"") ? "gridpoints" : says("\"periods\"") ? "forecast" : "alerts";
}

/// The cell that the answer names; empty when it names none, or wrongly: that is for its handler to say.
std::string cell_of(const RecordedAnswer& answer) {
    const auto document = nlohmann::json::parse(answer.response.body, nullptr, false);
    return document.is_object() ? grid_name(weather::grid_of(document)) : "";
}

/// One station and one cell of the grid, so that the answer is read as what is said of them, and not of which there
/// are. An answer that names its cell is of that.
void asked_for_one_place(const RecordedAnswer& answer, CustomParams::Map& params) {
    const std::string kind = params.contains("kind") && params["kind"].is_string() ? params["kind"].get<std::string>()
                                                                                   : kind_of(answer, params);
    params["kind"] = kind;
    if (kind == "observations") {
        params["stations"] = "RECORDED";
        params.erase("state");
    } else if (kind == "stations" && !params.contains("state") && !params.contains("stations")) {
        params["stations"] = "RECORDED";
    } else if (kind == "gridpoints" || kind == "forecast" || kind == "forecast_hourly") {
        params.erase("points");
        if (const std::string cell = cell_of(answer); !cell.empty()) {
            params["grids"] = cell;
        } else if (!params.contains("grids")) {
            params["grids"] = "XXX/0,0";
        }
    }
}

} // namespace

void add_source_types(streaming::SourceTypes& types) {
    streaming::add_standard_source_types(types);
    types.add("iot_sensor", make_iot_sensor, read_by_nobody);
    types.add("kite_ticker", make_kite_ticker, in_a_file);
    types.add("nasa_firms", make_nasa_firms, with_key("map_key"));
    types.add("noaa_weather", make_noaa_weather, asked_for_one_place);
    types.add("purpleair", make_purpleair, with_key("api_key"));
}

streaming::SourceTypes source_types() {
    streaming::SourceTypes types;
    add_source_types(types);
    return types;
}

} // namespace services::ingest
