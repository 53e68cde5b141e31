#include "services/firms/table.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

#include "services/firms/csv.hpp"

namespace services::firms {
namespace {

constexpr double kHottest = 10'000;       // K; no sensor reports more than a few thousand
constexpr double kStrongest = 10'000'000; // MW

template <class Number>
std::optional<Number> parse(std::string_view text) {
    Number value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::string canonical_satellite(std::string_view name) {
    return std::string(name == "T" ? "Terra" : name == "A" ? "Aqua" : name == "1" ? "N20" : name == "2" ? "N21" : name);
}

/// 24 for 00:24. The API drops leading zeros: "24"; spreadsheets put a colon in.
std::optional<unsigned> time_of(std::string_view text) {
    const std::size_t colon = text.find(':');
    const auto hours = parse<unsigned>(text.substr(0, colon));
    const auto time = colon == std::string_view::npos ? hours : parse<unsigned>(text.substr(colon + 1));
    if (!hours || !time || text.size() > 5 || (colon != std::string_view::npos && text.size() - colon != 3)) {
        return std::nullopt;
    }
    const unsigned all = colon == std::string_view::npos ? *time : *hours * 100 + *time;
    return all / 100 > 23 || all % 100 > 59 ? std::nullopt : std::optional(all);
}

std::string refusal(std::string_view body) {
    if (body.find("MAP_KEY") != std::string_view::npos) {
        return "FIRMS refuses the map key";
    }
    if (body.find("transaction limit") != std::string_view::npos) {
        return "FIRMS refuses: the transactions of the map key are used up";
    }
    return "the answer is no FIRMS table: its first line has no column latitude";
}

} // namespace

Table::Table(std::string_view body) : rest_(body) {
    std::string_view first = take_line(rest_);
    if (first.starts_with("\xEF\xBB\xBF")) {
        first.remove_prefix(3);
    }
    split(first, header_);
    const auto position = [this](std::string_view name) {
        return static_cast<std::size_t>(std::ranges::find(header_, name) - header_.begin());
    };
    if (position("latitude") == header_.size()) {
        throw streaming::PermanentError(refusal(body));
    }
    modis_ = position("bright_ti4") == header_.size();
    const std::array<std::string_view, kColumns> names{"latitude",   "longitude", modis_ ? "brightness" : "bright_ti4",
                                                       "acq_date",   "acq_time",  "satellite",
                                                       "confidence", "version",   "frp",
                                                       "daynight"};
    for (std::size_t column = 0; column < kColumns; ++column) {
        positions_[column] = position(names[column]);
        if (positions_[column] == header_.size()) {
            throw streaming::PermanentError("the FIRMS table has no column " + std::string(names[column]));
        }
    }
    type_ = position("type"); // standard processing only
}

std::optional<Table::Row> Table::next() {
    while (!rest_.empty()) {
        Row row{.text = take_line(rest_)};
        if (row.text.empty()) {
            continue;
        }
        split(row.text, cells_);
        try {
            row.detection = read();
        } catch (const BadRow& bad) {
            row.problem = bad.what();
        }
        return row;
    }
    return std::nullopt;
}

Detection Table::read() const {
    if (cells_.size() != header_.size()) {
        throw BadRow("the row has " + std::to_string(cells_.size()) + " columns, the header " +
                     std::to_string(header_.size()));
    }
    Detection detection{.latitude = number(latitude, -90, 90),
                        .longitude = number(longitude, -180, 180),
                        .acquired_at = acquired_at(),
                        .satellite = canonical_satellite(cell(satellite)),
                        .family = modis_ ? "MODIS" : "VIIRS",
                        .brightness_k = number(brightness, 0, kHottest),
                        .frp_mw = number(frp, 0, kStrongest),
                        .day = cell(daynight) == "D",
                        .version = std::string(cell(version)),
                        .type = type()};
    if (detection.satellite.empty()) {
        refuse(satellite, "a name");
    }
    if (!detection.day && cell(daynight) != "N") {
        refuse(daynight, "D or N");
    }
    read_confidence(detection);
    return detection;
}

double Table::number(Column column, double least, double most) const {
    const auto value = parse<double>(cell(column));
    if (!value || !(*value >= least && *value <= most)) { // written so that NaN is refused
        refuse(column,
               "a number from " + std::to_string(std::lround(least)) + " to " + std::to_string(std::lround(most)));
    }
    return *value;
}

void Table::refuse(Column column, std::string_view allowed) const {
    throw BadRow(std::string(header_[positions_[column]]) + ": '" + std::string(cell(column)) + "' is not " +
                 std::string(allowed));
}

std::string Table::type() const {
    if (type_ == header_.size()) {
        return "";
    }
    // As the FIRMS FAQ lists them.
    constexpr std::array<std::string_view, 4> kTypes{"vegetation", "volcano", "static", "offshore"};
    const auto type = parse<std::size_t>(cells_[type_]);
    if (!type || *type >= kTypes.size()) {
        throw BadRow("type: '" + std::string(cells_[type_]) + "' is not 0, 1, 2 or 3");
    }
    return std::string(kTypes.at(*type));
}

std::string Table::acquired_at() const {
    const std::string_view date = cell(acq_date);
    const auto year = parse<unsigned>(date.substr(0, 4));
    const auto month = date.size() == 10 && date[4] == '-' ? parse<unsigned>(date.substr(5, 2)) : std::nullopt;
    const auto day = date.size() == 10 && date[7] == '-' ? parse<unsigned>(date.substr(8)) : std::nullopt;
    if (!year || !month || !day ||
        !std::chrono::year_month_day(std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                     std::chrono::day(*day))
             .ok()) {
        refuse(acq_date, "a date such as 2022-09-05");
    }
    const auto time = time_of(cell(acq_time));
    if (!time) {
        refuse(acq_time, "a time such as 0024");
    }
    std::string text(date);
    text += "T0000";
    std::to_chars(text.data() + 15 - (*time > 999 ? 4 : *time > 99 ? 3 : *time > 9 ? 2 : 1), text.data() + 15, *time);
    text.insert(13, 1, ':');
    return text += ":00Z";
}

void Table::read_confidence(Detection& into) const {
    const std::string_view text = cell(confidence);
    if (!modis_) {
        into.confidence = text == "l" || text == "low"       ? "low"
                          : text == "n" || text == "nominal" ? "nominal"
                          : text == "h" || text == "high"    ? "high"
                                                             : "";
        if (into.confidence.empty()) {
            refuse(confidence, "l, n, h, low, nominal or high");
        }
        return;
    }
    into.confidence_percent = parse<int>(text);
    if (!into.confidence_percent || *into.confidence_percent < 0 || *into.confidence_percent > 100) {
        refuse(confidence, "a whole number from 0 to 100");
    }
    // The classes of the MODIS active fire guide.
    into.confidence = *into.confidence_percent < 30 ? "low" : *into.confidence_percent < 80 ? "nominal" : "high";
}

} // namespace services::firms
