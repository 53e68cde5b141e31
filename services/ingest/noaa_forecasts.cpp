#include "services/ingest/noaa_forecasts.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "services/weather/forecast.hpp"
#include "services/weather/geojson.hpp"

namespace services::ingest {
namespace {

/// The whole text is one number.
template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// Around the only comma.
std::optional<std::pair<std::string_view, std::string_view>> halves(std::string_view text) {
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view second = text.substr(comma + 1);
    second.remove_prefix(std::min(second.find_first_not_of(' '), second.size()));
    return std::pair(text.substr(0, comma), second);
}

double to_four_places(double degrees) { return std::round(degrees * 1e4) / 1e4 + 0.0; } // + 0.0: no -0

} // namespace

std::string point_name(std::string_view text) {
    const auto parts = halves(text);
    const auto latitude = parts ? number_in<double>(parts->first) : std::nullopt;
    const auto longitude = parts ? number_in<double>(parts->second) : std::nullopt;
    if (!latitude || !longitude || !(std::abs(*latitude) <= 90 && std::abs(*longitude) <= 180)) {
        return "";
    }
    return fmt::format("{},{}", to_four_places(*latitude), to_four_places(*longitude));
}

std::string grid_name(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view office = text.substr(0, slash);
    const auto parts = slash == 3 ? halves(text.substr(slash + 1)) : std::nullopt;
    const auto x = parts ? number_in<unsigned>(parts->first) : std::nullopt;
    const auto y = parts ? number_in<unsigned>(parts->second) : std::nullopt;
    const auto is_letter = [](unsigned char letter) { return std::isupper(letter) != 0; };
    return x && y && std::ranges::all_of(office, is_letter) ? fmt::format("{}/{},{}", office, *x, *y) : "";
}

streaming::SourceHandler forecasts_handler(const std::string& grid) {
    return [grid](const streaming::Response& answer, streaming::SourceContext& context) {
        const auto check = [&context](const std::string& updated_at) { // one from the future would never be stale
            streaming::TimeGate{}.check("updateTime", streaming::parse_rfc3339(updated_at).value(), context.now());
        };
        const weather::ForecastReader reader{
            .check = check,
            .use =
                [&context](const weather::Forecast& forecast) {
                    context.payload_is_of(streaming::parse_rfc3339(forecast.updated_at).value());
                    context.emit(natural_key(forecast), forecast.grid, forecast);
                },
            .refuse = [&context](const nlohmann::json& value,
                                 const std::string& reason) { context.reject(streaming::json_text(value), reason); }};
        for (const nlohmann::json& feature : weather::features(answer.body)) {
            try {
                const std::string named = weather::text_of(feature, "grid");
                weather::read_forecast(feature, named.empty() ? grid : named, reader);
            } catch (const std::exception& problem) {
                context.reject(streaming::json_text(feature), problem.what());
            }
        }
    };
}

} // namespace services::ingest
