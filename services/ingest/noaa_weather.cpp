#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "core/streaming/patterns/source_type.hpp"
#include "services/ingest/makers.hpp"
#include "services/ingest/noaa_alerts.hpp"
#include "services/ingest/noaa_forecasts.hpp"
#include "services/ingest/noaa_grids.hpp"
#include "services/ingest/noaa_observations.hpp"
#include "services/ingest/noaa_station_list.hpp"
#include "services/ingest/noaa_stations.hpp"
#include "services/ingest/nws_api.hpp"

namespace services::ingest {
namespace {

using streaming::CustomParams;
using streaming::SourceParts;

constexpr std::string_view kApi = "https://api.weather.gov";

bool is_word(const std::string& text) {
    return std::ranges::all_of(text, [](unsigned char letter) { return std::isalnum(letter) != 0; });
}

std::vector<std::string> states_of(const CustomParams& params) {
    std::vector<std::string> states = params.texts("state");
    for (std::string& state : states) {
        if (state.size() != 2 || !is_word(state)) {
            params.refuse("state", "a state or territory of two letters, such as CA");
        }
        std::ranges::transform(state, state.begin(),
                               [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    }
    return states;
}

/// Where stations are named there is one at most.
std::string state_of(const CustomParams& params) {
    const std::vector<std::string> states = states_of(params);
    if (states.size() > 1) {
        params.refuse("state", "possible for stations: one state");
    }
    return states.empty() ? "" : states.front();
}

std::vector<std::string> words_of(const CustomParams& params, const std::string& name, std::string_view allowed) {
    std::vector<std::string> words = params.texts(name);
    if (!std::ranges::all_of(words, is_word)) {
        params.refuse(name, allowed);
    }
    return words;
}

/// Where stations are named, they are observed, and where cells of the grid are, they are forecast; where none are,
/// alerts are what is meant.
std::string kind_of(const CustomParams& params) {
    const bool places = params.has("state") || params.has("stations");
    const bool cells = params.has("points") || params.has("grids");
    const std::string kind = params.text("kind", places || params.has("data_types") ? "observations"
                                                 : cells                            ? "forecast"
                                                                                    : "alerts");
    if (kind == "observations" && !places) {
        CustomParams::refuse_unseen("state", "must be given for observations, such as CA; or stations, such as KBHM");
    }
    return kind;
}

void refuse_each(const CustomParams& params, std::initializer_list<const char*> names, std::string_view why) {
    for (const char* name : names) {
        if (params.has(name)) {
            CustomParams::refuse_unseen(name, why);
        }
    }
}

SourceParts observations(const streaming::SourceTypes::Request& request, const CustomParams& params) {
    refuse_each(params, {"zones"}, "is for alerts; observations are of a state or of stations");
    refuse_each(params, {"points", "grids", "places_per_poll"},
                "is for forecasts; observations are of a state or of stations");
    const std::vector<std::string> types = params.texts("data_types");
    const std::vector<std::string_view> known = data_types();
    for (const std::string& type : types) {
        if (std::ranges::find(known, type) == known.end()) {
            params.refuse("data_types", fmt::format("a list of these: {}", fmt::join(known, ", ")));
        }
    }
    StationsConnector::Options options{
        .base = streaming::base_url_of(request, kApi),
        .stations = words_of(params, "stations", "a list of stations, such as KBHM, KLIT"),
        .state = state_of(params),
        .most_stations = static_cast<std::size_t>(params.whole_number("max_stations", 500, 1, 5000)),
        .at_once = static_cast<std::size_t>(params.whole_number("stations_per_poll", 10, 1, 100)),
        .timeout = request.settings.timeout};
    return {.connector = std::make_unique<StationsConnector>(std::move(options), request.clock),
            .handler = observations_handler(types, streaming::TimeGate::of(params)),
            .defaults = {.max_age = std::chrono::hours(2)}}; // each station reports once an hour at least
}

std::unique_ptr<streaming::Connector> list_of(const streaming::SourceTypes::Request& request, std::string path) {
    return std::make_unique<NwsConnector>(
        nws_api(streaming::base_url_of(request, kApi), "features", request.settings.timeout), std::move(path));
}

SourceParts alerts(const streaming::SourceTypes::Request& request, const CustomParams& params) {
    refuse_each(params, {"stations", "data_types", "max_stations", "stations_per_poll"},
                "is for observations; alerts are of a state, of zones, or of the country");
    refuse_each(params, {"points", "grids", "places_per_poll"},
                "is for forecasts; alerts are of a state, of zones, or of the country");
    const std::vector<std::string> states = states_of(params);
    constexpr std::string_view kZones = "a list of zones, such as CAZ006, COC008";
    const std::vector<std::string> zones = words_of(params, "zones", kZones);
    if (!std::ranges::all_of(zones, [](const std::string& zone) { return zone.size() == 6; })) {
        params.refuse("zones", kZones);
    }
    if (!states.empty() && !zones.empty()) {
        params.refuse("zones", "possible beside state: one of the two");
    }
    std::string query = "status=actual";
    if (!states.empty()) {
        query += fmt::format("&area={}", fmt::join(states, ","));
    } else if (!zones.empty()) {
        query += fmt::format("&zone={}", fmt::join(zones, ","));
    }
    // There is news of the country all the time; of a part of it there may be none for hours.
    const std::chrono::hours max_age(states.empty() && zones.empty() ? 1 : 24);
    return {.connector = list_of(request, "/alerts/active?" + query),
            .handler = alerts_handler(query, streaming::TimeGate::of(params), request.clock),
            .defaults = {.max_age = max_age}};
}

/// Where stations are, and in which zones.
SourceParts stations(const streaming::SourceTypes::Request& request, const CustomParams& params) {
    refuse_each(params,
                {"zones", "data_types", "max_stations", "stations_per_poll", "points", "grids", "places_per_poll",
                 "max_ahead_seconds"},
                "is not for stations, which are those of a state or named");
    constexpr std::size_t kPage = 500;
    constexpr std::string_view kStations = "a list of 500 stations at most, such as KBHM, KLIT";
    const std::string state = state_of(params);
    const std::vector<std::string> named = words_of(params, "stations", kStations);
    if (named.size() > kPage) {
        params.refuse("stations", kStations);
    }
    if (named.empty() == state.empty()) {
        CustomParams::refuse_unseen("state", "must be given, such as CA; or stations, such as KBHM; not both");
    }
    const std::string whose = named.empty() ? "state=" + state : fmt::format("id={}", fmt::join(named, ","));
    return {.connector = list_of(request, fmt::format("/stations?{}&limit={}", whose, kPage)),
            .handler = record_stations};
}

/// In the form the API knows them in.
std::vector<std::string> places_of(const CustomParams& params, const std::string& name,
                                   std::string (*name_of)(std::string_view), std::string_view allowed) {
    std::vector<std::string> places;
    for (const std::string& text : params.texts(name)) {
        if (places.emplace_back(name_of(text)).empty()) {
            CustomParams::refuse_unseen(name, fmt::format("'{}' is not {}", text, allowed));
        }
    }
    return places;
}

SourceParts forecasts(const streaming::SourceTypes::Request& request, const CustomParams& params,
                      const std::string& product) {
    refuse_each(params,
                {"state", "stations", "data_types", "max_stations", "stations_per_poll", "zones", "max_ahead_seconds"},
                "is for observations or alerts; forecasts are of points or grids");
    GridsConnector::Options options{
        .api = nws_api(streaming::base_url_of(request, kApi), "", request.settings.timeout),
        .product = product,
        .points =
            places_of(params, "points", point_name, "a latitude and a longitude in degrees, such as 42.745,-73.752"),
        .grids = places_of(params, "grids", grid_name, "a cell of the grid, such as LZK/83,73"),
        .at_once = static_cast<std::size_t>(params.whole_number("places_per_poll", 10, 1, 100))};
    if (options.points.empty() && options.grids.empty()) {
        CustomParams::refuse_unseen("points",
                                    "must be given for forecasts, such as 42.745,-73.752; or grids, such as "
                                    "LZK/83,73");
    }
    const bool one = options.points.empty() && options.grids.size() == 1;
    return {.connector = std::make_unique<GridsConnector>(options, request.clock),
            .handler = forecasts_handler(one ? options.grids.front() : ""),
            .defaults = {.max_age = std::chrono::hours(18)}}; // offices publish twice a day at least
}

SourceParts parts_of(const streaming::SourceTypes::Request& request, const CustomParams& params) {
    const std::string kind = kind_of(params);
    if (kind == "observations") {
        return observations(request, params);
    }
    if (kind == "alerts") {
        return alerts(request, params);
    }
    if (kind == "stations") {
        return stations(request, params);
    }
    for (const auto& [name, product] : {std::pair("gridpoints", ""), std::pair("forecast", "/forecast"),
                                        std::pair("forecast_hourly", "/forecast/hourly")}) {
        if (kind == name) {
            return forecasts(request, params, product);
        }
    }
    params.refuse("kind",
                  "observations, alerts, stations, gridpoints, forecast or forecast_hourly; for two, "
                  "configure two sources");
}

/// The API refuses who does not say who asks.
streaming::HttpOptions http_options(const CustomParams& params) {
    streaming::HttpOptions http = streaming::http_of(params);
    if (http.user_agent.find_first_not_of(' ') == std::string::npos) {
        params.refuse("user_agent", "possible: the NWS wants an application and a contact");
    }
    return http;
}

} // namespace

streaming::Result<SourceParts> make_noaa_weather(const streaming::SourceTypes::Request& request) {
    const CustomParams params(request.settings.custom_params);
    params.only({{"kind", "state", "stations", "max_stations", "stations_per_poll", "zones", "data_types", "points",
                  "grids", "places_per_poll", "max_ahead_seconds", "user_agent"}});
    streaming::refuse_backfill(request);
    SourceParts parts = parts_of(request, params);
    parts.http = http_options(params);
    return parts;
}

} // namespace services::ingest
