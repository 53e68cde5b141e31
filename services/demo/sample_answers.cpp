#include "services/demo/sample_answers.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

namespace services::demo {
namespace {

constexpr std::size_t kRowsPerPoll = 40;
constexpr std::size_t kMostRows = 2000;

nlohmann::json quantity(const char* unit, const nlohmann::json& value) {
    return {{"unitCode", std::string("wmoUnit:") + unit},
            {"value", value},
            {"qualityControl", value.is_null() ? "Z" : "V"}};
}

} // namespace

std::string sample_observation(const std::string& station, std::size_t poll) {
    const std::size_t step = poll / 3;
    const auto varied = [&](double middle, double width) {
        return middle + width * static_cast<double>((std::hash<std::string>{}(station) + step * 7) % 100) / 100.0;
    };
    const std::string url = "https://api.weather.gov/stations/" + station;
    const std::string time = fmt::format("2026-03-04T{:02}:{:02}:00+00:00", step / 12 % 24, step % 12 * 5);
    const nlohmann::json properties{{"@id", url + "/observations/" + time},
                                    {"@type", "wx:ObservationStation"},
                                    {"station", url},
                                    {"stationId", station},
                                    {"timestamp", time},
                                    {"rawMessage", ""},
                                    {"textDescription", "Clear"},
                                    {"temperature", quantity("degC", varied(8, 15))},
                                    {"dewpoint", quantity("degC", varied(-4, 6))},
                                    {"windDirection", quantity("degree_(angle)", 10 * (step % 36))},
                                    {"windSpeed", quantity("km_h-1", varied(0, 40))},
                                    {"windGust", quantity("km_h-1", nullptr)},
                                    {"barometricPressure", quantity("Pa", varied(100'900, 1'800))},
                                    {"visibility", quantity("m", 16'090)},
                                    {"relativeHumidity", quantity("percent", varied(20, 70))},
                                    {"precipitationLastHour", quantity("mm", nullptr)}};
    return nlohmann::json{{"type", "FeatureCollection"},
                          {"features",
                           {{{"id", url + "/observations/" + time},
                             {"type", "Feature"},
                             {"geometry", {{"type", "Point"}, {"coordinates", {-86.75, 33.57}}}},
                             {"properties", properties}}}}}
        .dump();
}

std::string sample_fires(const std::string& product, std::size_t poll) {
    const bool modis = product.starts_with("MODIS");
    std::string body = modis ? "latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,instrument,"
                               "confidence,version,bright_t31,frp,daynight"
                             : "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,"
                               "confidence,version,bright_ti5,frp,daynight";
    std::mt19937 random(modis ? 17 : 4); // the same rows again in each poll
    const auto between = [&random](int least, int most) {
        return static_cast<int>(random() % static_cast<unsigned>(most - least + 1)) + least;
    };
    const std::size_t rows = std::min((poll + 1) * kRowsPerPoll, kMostRows);
    for (std::size_t row = 0; row < rows; ++row) {
        const double latitude = between(-3'500'000, 6'500'000) / 1e5;
        const double longitude = between(-12'000'000, 15'000'000) / 1e5;
        const std::size_t minute = row * 1440 / kMostRows;
        const std::string confidence = modis ? std::to_string(between(0, 100)) : std::string(1, "lnnnh"[between(0, 4)]);
        // Like the API: no leading zeros in the time, no trailing ones in numbers.
        body += fmt::format("\n{},{},{},0.45,0.47,2026-03-04,{},{},{},{},{},{},{},{}", latitude, longitude,
                            between(29'500, 36'700) / 1e2, minute / 60 * 100 + minute % 60,
                            modis ? (row % 2 == 0 ? "Terra" : "Aqua") : "N", modis ? "MODIS" : "VIIRS", confidence,
                            modis ? "6.1NRT" : "2.0NRT", between(27'000, 30'500) / 1e2, between(50, 12'000) / 1e2,
                            row % 3 == 0 ? "N" : "D");
    }
    return body;
}

} // namespace services::demo
