#include "services/weather/forecast.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>
#include <vector>

#include "services/shown.hpp"
#include "services/weather/geojson.hpp"
#include "services/weather/interval.hpp"
#include "services/weather/members.hpp"
#include "services/weather/plausible.hpp"
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

/// Throws when there is no way from the unit of the code, or the value cannot be.
double in_unit(double value, const std::string& code, std::string_view wanted, const std::string& what) {
    const auto converted = convert(value, code, wanted);
    if (!converted) {
        throw std::invalid_argument(
            fmt::format("{}: unit {} is not known here: {}", what, shown(code), units_for(wanted)));
    }
    if (!plausible(wanted).has(*converted)) {
        throw std::invalid_argument(fmt::format("{}: {}", what, implausible(*converted, wanted)));
    }
    return *converted;
}

/// {"unitCode": ..., "value": ...}, or a plain number whose unit stands beside it: F or C.
void add_quantity(const Members& period, const Quantity& quantity, json& into) {
    const json& found = period.at(quantity.property);
    const bool plain = found.is_number() && *quantity.unit_property != '\0';
    if (found.is_null()) {
        return;
    }
    if (plain) {
        into[quantity.field] = in_unit(found.get<double>(), "deg" + period.text(quantity.unit_property, "F"),
                                       quantity.unit, quantity.property);
        return;
    }
    const Members measured = period.object(quantity.property);
    const json& value = measured.at("value");
    if (value.is_number()) {
        into[quantity.field] =
            in_unit(value.get<double>(), measured.text("unitCode", "wmoUnit:degC"), quantity.unit, quantity.property);
    } else if (!value.is_null()) {
        measured.refuse("value", "a number, or null");
    }
}

constexpr std::string_view kDigits = "0123456789";

/// The numbers of a text. "-5" is one below 0, "5-10" is two.
std::vector<double> numbers_in(std::string_view text) {
    std::vector<double> numbers;
    for (std::size_t at = text.find_first_of(kDigits); at != std::string_view::npos;) {
        const bool below = at > 0 && text[at - 1] == '-' && (at == 1 || text[at - 2] == ' ');
        const auto [end, failure] =
            std::from_chars(text.data() + at, text.data() + text.size(), numbers.emplace_back());
        numbers.back() *= below ? -1 : 1;
        at = text.find_first_of(kDigits, static_cast<std::size_t>(end - text.data()));
    }
    return numbers;
}

/// "mph" of "10 to 15 mph": the first word behind a number that is no "to".
std::string unit_in(std::string_view text) {
    constexpr std::string_view kBetween = " -.0123456789";
    text.remove_prefix(std::min(text.find_first_of(kDigits), text.size()));
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(kBetween), text.size()));
        const std::string_view word = text.substr(0, text.find_first_of(kBetween));
        if (word != "to") {
            return std::string(word);
        }
        text.remove_prefix(word.size());
    }
}

/// Of "5 to 10 mph, with gusts to 20" what it says of the wind, and not of gusts.
std::string_view without_gusts(std::string_view text) {
    text = text.substr(0, text.find_first_of(",;"));
    return text.substr(0, std::min(text.find(" with "), text.find(" gust")));
}

/// "10 to 15 mph", "5 mph", "20 km/h", or {"unitCode": ..., "value" or "minValue", "maxValue": ...}.
void add_wind(const Members& period, json& into) {
    std::vector<double> speeds;
    std::string unit;
    if (period.at("windSpeed").is_object()) {
        const Members wind = period.object("windSpeed");
        for (const char* name : {"value", "minValue", "maxValue"}) {
            if (wind.at(name).is_number()) {
                speeds.push_back(wind.at(name).get<double>());
            } else if (!wind.at(name).is_null()) {
                wind.refuse(name, "a number, or null");
            }
        }
        unit = wind.text_or_none("unitCode");
    } else {
        const std::string text = period.text_or_none("windSpeed");
        const std::string_view wind = without_gusts(text);
        speeds = numbers_in(wind);
        unit = unit_in(wind);
    }
    if (!speeds.empty()) {
        const auto [least, most] = std::ranges::minmax_element(speeds);
        into["wind_speed_min_kmh"] = in_unit(*least, unit, "km_h-1", "windSpeed");
        into["wind_speed_max_kmh"] = in_unit(*most, unit, "km_h-1", "windSpeed");
    }
}

json period_of(const json& entry) {
    const Members period(entry, "period");
    json into{{"start", period.time("startTime")}, {"end", period.time("endTime")}};
    if (into["end"] < into["start"]) {
        period.refuse("endTime", fmt::format("behind the startTime {}", shown_json(period.at("startTime"))));
    }
    for (const auto& [property, field] : kTexts) {
        if (std::string text = period.text_or_none(property); !text.empty()) {
            into[field] = std::move(text);
        }
    }
    if (const json& day = period.at("isDaytime"); day.is_boolean()) {
        into["day"] = day;
    } else if (!day.is_null()) {
        period.refuse("isDaytime", "true, false or null");
    }
    for (const Quantity& quantity : kQuantities) {
        add_quantity(period, quantity, into);
    }
    add_wind(period, into);
    return into;
}

/// Cuts what one layer says into events: in the order of time, and each time once, so that parts are the same ones in
/// whatever order the answer has them.
class Parts {
public:
    Parts(Forecast head, const ForecastReader& reader) : part_(std::move(head)), reader_(reader) {}

    template <class Read>
    void add_all(const json& entries, Read read) {
        std::vector<Value> values;
        values.reserve(entries.size());
        for (const json& entry : entries) {
            try {
                values.push_back({.said = read(entry), .entry = &entry});
            } catch (const std::exception& problem) {
                refuse(entry, problem.what());
            }
        }
        std::ranges::stable_sort(values, comes_before);
        add_each_time(values);
        flush();
    }

private:
    struct Value {
        json said{};
        const json* entry = nullptr;

        [[nodiscard]] const std::string& start() const { return said.at("start").get_ref<const std::string&>(); }
    };
    /// Of one time the one that counts: whichever, but always the same one.
    static bool comes_before(const Value& one, const Value& other) {
        return one.start() != other.start() ? one.start() < other.start() : one.said.dump() > other.said.dump();
    }

    void add_each_time(const std::vector<Value>& values) {
        const Value* last = nullptr;
        for (const Value& value : values) {
            if (last == nullptr || value.start() != last->start()) {
                last = &value;
                add(value.said);
            } else if (value.said != last->said) {
                refuse(*value.entry, "start: the answer says something else of " + value.start() + ", which counts");
            }
        }
    }

    void add(const json& said) {
        part_.values.push_back(said);
        if (part_.values.size() == Forecast::kMostValues) {
            flush();
        }
    }

    void refuse(const json& entry, const std::string& reason) const {
        reader_.refuse(entry, part_.layer + ": " + reason);
    }

    void flush() {
        if (!part_.values.empty()) {
            reader_.use(part_);
            part_.values.clear();
        }
    }

    Forecast part_;
    const ForecastReader& reader_;
};

bool is_layer(const json& property) {
    return property.is_object() && (property.contains("values") || property.contains("uom"));
}

void read_layer(const std::string& name, const json& property, Forecast head, const ForecastReader& reader) {
    const Members layer(property, name, name + '.');
    if (!layer.at("values").is_array()) {
        layer.refuse("values", "a list");
    }
    const std::string code = layer.text_or_none("uom");
    head.layer = name;
    head.unit = usual_unit(code);
    Parts(head, reader).add_all(layer.at("values"), [&](const json& entry) {
        const Members members(entry, "value");
        const Interval when = interval_of(members.text("validTime", "2024-02-20T11:00:00+00:00/PT1H"));
        json into{{"start", when.start}, {"end", when.end}};
        const json& value = members.at("value");
        if (value.is_number()) {
            // Without a unit it stays as it is written: 5 is not 5.0.
            const double number = in_unit(value.get<double>(), code, head.unit, "value");
            into["value"] = head.unit.empty() ? value : json(number);
        } else if (value.is_null() ? !members.has("value") : !head.unit.empty()) {
            members.refuse("value", "a number, or null");
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
        const json value = properties.is_object() ? properties.value(name, json()) : json();
        const std::string text = value.is_string()           ? value.get<std::string>()
                                 : value.is_number_integer() ? value.dump()
                                                             : "";
        return text.find_first_not_of("0123456789") == std::string::npos && text.size() < 7 ? text : "";
    };
    const std::string office = text_of(properties, "gridId");
    const std::string x = number("gridX");
    const std::string y = number("gridY");
    return office.empty() || x.empty() || y.empty() ? "" : office + '/' + x + ',' + y;
}

namespace {

/// That of the feature, else `grid`, when the feature names none: what it names wrongly is no other one's.
std::string cell_of(const json& feature, const std::string& grid) {
    const Members properties = properties_of(feature);
    std::string named = grid_of(feature);
    const bool names = properties.has("gridId") || properties.has("gridX") || properties.has("gridY");
    if (named.empty() && (names || grid.empty())) {
        const auto part = [&](const char* name) {
            return properties.has(name) ? shown_json(properties.at(name)) : std::string("nothing");
        };
        throw std::invalid_argument(
            fmt::format("gridId, gridX, gridY: {}, {}, {} are no cell of the grid such as "
                        "LZK, 83, 73",
                        part("gridId"), part("gridX"), part("gridY")));
    }
    return named.empty() ? grid : named;
}

} // namespace

void read_forecast(const json& feature, const std::string& grid, const ForecastReader& reader) {
    const Members properties = properties_of(feature);
    Forecast head{.grid = cell_of(feature, grid)};
    const bool old = properties.text_or_none("updateTime").empty() && properties.has("updated");
    head.updated_at = properties.time(old ? "updated" : "updateTime");
    if (reader.check) {
        reader.check(head.updated_at);
    }
    if (properties.has("periods")) {
        if (!properties.at("periods").is_array()) {
            properties.refuse("periods", "a list");
        }
        head.layer = "periods";
        Parts(head, reader).add_all(properties.at("periods"), period_of);
        return;
    }
    bool any = false;
    for (const auto& [name, layer] : feature.at("properties").items()) {
        if (!is_layer(layer)) {
            continue;
        }
        any = true;
        try {
            read_layer(name, layer, head, reader);
        } catch (const std::exception& problem) {
            reader.refuse(layer, problem.what());
        }
    }
    if (!any) {
        throw std::invalid_argument("periods: must be given, or layers such as temperature");
    }
}

std::string natural_key(const Forecast& forecast) {
    return forecast.grid + '|' + forecast.updated_at + '|' + forecast.layer + '|' +
           forecast.values.at(0).at("start").get<std::string>();
}

} // namespace services::weather
