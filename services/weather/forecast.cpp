#include "services/weather/forecast.hpp"

#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>
#include <vector>

#include "services/weather/geojson.hpp"
#include "services/weather/interval.hpp"
#include "services/weather/units.hpp"

namespace services::weather {
namespace {

using nlohmann::json;

/// How a quantity of a period is called by api.weather.gov and in our event, and the unit of the event.
struct Quantity {
    const char* property;
    const char* field;
    std::string_view unit;
    const char* unit_property; ///< that of a plain number
};
constexpr std::array kQuantities{
    Quantity{"temperature", "temperature_c", "degC", "temperatureUnit"},
    Quantity{"dewpoint", "dewpoint_c", "degC", ""},
    Quantity{"relativeHumidity", "humidity_percent", "percent", ""},
    Quantity{"probabilityOfPrecipitation", "precipitation_percent", "percent", ""},
};
constexpr std::array kTexts{std::pair("name", "name"), std::pair("windDirection", "wind_direction"),
                            std::pair("shortForecast", "summary"), std::pair("detailedForecast", "details")};

double in_unit(double value, const std::string& code, std::string_view wanted, const std::string& what) {
    const auto converted = convert(value, code, wanted);
    if (!converted) {
        throw std::invalid_argument(what + ": unit '" + code + "' is not known");
    }
    return *converted;
}

/// {"unitCode": ..., "value": ...}, or a plain number whose unit stands beside it: F or C.
void add_quantity(const json& period, const Quantity& quantity, json& into) {
    const json& found = period.value(quantity.property, json());
    const json& value = found.is_object() ? found.value("value", json()) : found;
    if (value.is_null()) {
        return;
    }
    if (!value.is_number()) {
        throw std::invalid_argument(std::string(quantity.property) + ": the value is no number");
    }
    const std::string unit = found.is_object()                 ? found.value("unitCode", "")
                             : *quantity.unit_property == '\0' ? ""
                                                               : "deg" + text_of(period, quantity.unit_property);
    into[quantity.field] = in_unit(value.get<double>(), unit, quantity.unit, quantity.property);
}

/// "10 to 15 mph", "5 mph", "20 km/h", or {"unitCode": ..., "value" or "minValue", "maxValue": ...}.
void add_wind(const json& period, json& into) {
    const json wind = period.value("windSpeed", json());
    std::vector<double> speeds;
    std::string unit;
    if (wind.is_object()) {
        for (const char* name : {"value", "minValue", "maxValue"}) {
            if (const json value = wind.value(name, json()); value.is_number()) {
                speeds.push_back(value.get<double>());
            }
        }
        unit = wind.value("unitCode", "");
    } else if (wind.is_string()) {
        const auto& text = wind.get_ref<const std::string&>();
        for (std::size_t at = text.find_first_of("0123456789"); at != std::string::npos;) {
            const auto [end, failure] =
                std::from_chars(text.data() + at, text.data() + text.size(), speeds.emplace_back());
            at = text.find_first_of("0123456789", static_cast<std::size_t>(end - text.data()));
        }
        unit = text.substr(text.find_last_of(' ') + 1);
    }
    if (!speeds.empty()) {
        into["wind_speed_min_kmh"] = in_unit(speeds.front(), unit, "km_h-1", "windSpeed");
        into["wind_speed_max_kmh"] = in_unit(speeds.back(), unit, "km_h-1", "windSpeed");
    }
}

json period_of(const json& period) {
    json into{{"start", utc(period.at("startTime").get<std::string>(), "startTime")},
              {"end", utc(period.at("endTime").get<std::string>(), "endTime")}};
    for (const auto& [property, field] : kTexts) {
        if (std::string text = text_of(period, property); !text.empty()) {
            into[field] = std::move(text);
        }
    }
    if (const auto day = period.find("isDaytime"); day != period.end() && day->is_boolean()) {
        into["day"] = *day;
    }
    for (const Quantity& quantity : kQuantities) {
        add_quantity(period, quantity, into);
    }
    add_wind(period, into);
    return into;
}

/// Cuts what one layer says into events.
class Parts {
public:
    Parts(Forecast head, const ForecastReader& reader) : part_(std::move(head)), reader_(reader) {}

    template <class Read>
    void add_all(const json& entries, Read read) {
        for (const json& entry : entries) {
            try {
                part_.values.push_back(read(entry));
            } catch (const std::exception& problem) {
                reader_.refuse(entry, part_.layer + ": " + problem.what());
            }
            if (part_.values.size() == Forecast::kMostValues) {
                flush();
            }
        }
        flush();
    }

private:
    void flush() {
        if (!part_.values.empty()) {
            reader_.use(part_);
            part_.values.clear();
        }
    }

    Forecast part_;
    const ForecastReader& reader_;
};

void read_layer(const std::string& name, const json& layer, Forecast head, const ForecastReader& reader) {
    const std::string code = text_of(layer, "uom");
    head.layer = name;
    head.unit = usual_unit(code);
    Parts(head, reader).add_all(layer.at("values"), [&](const json& entry) {
        const Interval when = interval_of(entry.at("validTime").get<std::string>());
        json into{{"start", when.start}, {"end", when.end}};
        if (const json& value = entry.at("value"); value.is_number() && !head.unit.empty()) {
            into["value"] = in_unit(value.get<double>(), code, head.unit, "value");
        } else if (!value.is_null()) {
            into["value"] = value;
        }
        return into;
    });
}

} // namespace

void to_json(json& into, const Forecast& forecast) {
    into = {{"grid", forecast.grid},
            {"updated_at", forecast.updated_at},
            {"layer", forecast.layer},
            {"values", forecast.values}};
    if (!forecast.unit.empty()) {
        into["unit"] = forecast.unit;
    }
}

void from_json(const json& from, Forecast& forecast) {
    from.at("grid").get_to(forecast.grid);
    from.at("updated_at").get_to(forecast.updated_at);
    from.at("layer").get_to(forecast.layer);
    forecast.values = from.at("values");
    forecast.unit = text_of(from, "unit");
}

std::string grid_of(const json& feature) {
    const json properties = feature.value("properties", json::object());
    const auto number = [&](const char* name) { // a number today, a text in 2024
        const json value = properties.value(name, json());
        return value.is_string() ? value.get<std::string>() : value.is_number_integer() ? value.dump() : "";
    };
    const std::string office = text_of(properties, "gridId");
    const std::string x = number("gridX");
    const std::string y = number("gridY");
    return office.empty() || x.empty() || y.empty() ? "" : office + '/' + x + ',' + y;
}

void read_forecast(const json& feature, const std::string& grid, const ForecastReader& reader) {
    const json& properties = feature.at("properties");
    Forecast head{.grid = grid_of(feature)};
    if (head.grid.empty()) {
        head.grid = grid;
    }
    if (head.grid.empty()) {
        throw std::invalid_argument("gridId, gridX, gridY: must be given");
    }
    const std::string version = text_of(properties, "updateTime");
    head.updated_at = utc(version.empty() ? text_of(properties, "updated") : version, "updateTime");
    if (const auto periods = properties.find("periods"); periods != properties.end()) {
        if (!periods->is_array()) {
            throw std::invalid_argument("periods: is no list");
        }
        head.layer = "periods";
        Parts(head, reader).add_all(*periods, period_of);
        return;
    }
    for (const auto& [name, layer] : properties.items()) {
        if (layer.is_object() && layer.contains("values") && layer["values"].is_array()) {
            read_layer(name, layer, head, reader);
        }
    }
}

std::string natural_key(const Forecast& forecast) {
    return forecast.grid + '|' + forecast.updated_at + '|' + forecast.layer + '|' +
           forecast.values.at(0).at("start").get<std::string>();
}

} // namespace services::weather
