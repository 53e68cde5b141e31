#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "core/streaming/patterns/source_type.hpp"
#include "services/ingest/makers.hpp"
#include "services/ingest/noaa_alerts.hpp"
#include "services/ingest/noaa_observations.hpp"
#include "services/ingest/noaa_stations.hpp"

namespace services::ingest {
namespace {

using streaming::CustomParams;
using streaming::SourceParts;

constexpr std::string_view kApi = "https://api.weather.gov";

bool is_word(const std::string& text) {
    return std::ranges::all_of(text, [](unsigned char letter) { return std::isalnum(letter) != 0; });
}

std::string state_of(const CustomParams& params) {
    std::string state = params.text("state");
    if (!state.empty() && (state.size() != 2 || !is_word(state))) {
        params.refuse("state", "a state or territory of two letters, such as CA");
    }
    std::ranges::transform(state, state.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return state;
}

std::vector<std::string> words_of(const CustomParams& params, const std::string& name, std::string_view allowed) {
    std::vector<std::string> words = params.texts(name);
    if (!std::ranges::all_of(words, is_word)) {
        params.refuse(name, allowed);
    }
    return words;
}

/// Where stations are named, they are observed; where none are, alerts are what is meant.
bool asks_for_observations(const CustomParams& params) {
    const bool places = params.has("state") || params.has("stations");
    const std::string kind = params.text("kind", places || params.has("data_types") ? "observations" : "alerts");
    if (kind != "observations" && kind != "alerts") {
        params.refuse("kind", "observations or alerts; for both, configure two sources");
    }
    if (kind == "observations" && !places) {
        CustomParams::refuse_unseen("state", "must be given for observations, such as CA; or stations, such as KBHM");
    }
    return kind == "observations";
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
            .handler = observations_handler(types)};
}

SourceParts alerts(const streaming::SourceTypes::Request& request, const CustomParams& params) {
    refuse_each(params, {"stations", "data_types", "max_stations", "stations_per_poll"},
                "is for observations; alerts are of a state, of zones, or of the country");
    const std::string state = state_of(params);
    const std::vector<std::string> zones = words_of(params, "zones", "a list of zones, such as CAZ006, COC008");
    if (!state.empty() && !zones.empty()) {
        params.refuse("zones", "possible beside state: one of the two");
    }
    std::string query = "status=actual";
    if (!state.empty()) {
        query += "&area=" + state;
    } else if (!zones.empty()) {
        query += fmt::format("&zone={}", fmt::join(zones, ","));
    }
    return {.connector = std::make_unique<streaming::HttpConnector>(streaming::HttpConnector::Options{
                .url = streaming::base_url_of(request, kApi) + "/alerts/active?" + query,
                .headers = {{"Accept", "application/geo+json"}},
                .timeout = request.settings.timeout}),
            .handler = alerts_handler(query, request.clock)};
}

} // namespace

streaming::Result<SourceParts> make_noaa_weather(const streaming::SourceTypes::Request& request) {
    const CustomParams params(request.settings.custom_params);
    params.only(
        {{"kind", "state", "stations", "max_stations", "stations_per_poll", "zones", "data_types", "user_agent"}});
    streaming::refuse_backfill(request);
    SourceParts parts = asks_for_observations(params) ? observations(request, params) : alerts(request, params);
    parts.http = streaming::http_of(params);
    return parts;
}

} // namespace services::ingest
