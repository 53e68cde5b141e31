#include "services/firms/table.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "services/firms/cells.hpp"
#include "services/firms/satellites.hpp"
#include "services/shown.hpp"

namespace services::firms {
namespace {

// K, of a pixel. Recorded are 295 to 489; where a fire is too hot for I4 of VIIRS it folds over, down to 208.
constexpr double kColdest = 100;
constexpr double kHottest = 2'000;
constexpr double kStrongest = 10'000'000; // MW

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

/// Where a spreadsheet writes 6,1 for 6.1 it does so in versions too.
std::string canonical_version(std::string_view cell) {
    std::string version(cell);
    std::ranges::replace(version, ',', '.');
    return version;
}

bool is_nothing(std::string_view cell) { return trimmed(cell).empty(); }

std::string refusal(std::string_view body) {
    if (body.find("MAP_KEY") != std::string_view::npos) {
        return "FIRMS refuses the map key";
    }
    if (body.find("transaction limit") != std::string_view::npos) {
        return "FIRMS refuses: the transactions of the map key are used up";
    }
    if (body.starts_with("\xFF\xFE") || body.starts_with("\xFE\xFF")) {
        return "the answer is no FIRMS table: it is UTF-16, not UTF-8";
    }
    return "the answer is no FIRMS table: its first line has no column latitude";
}

} // namespace

Table::Table(std::string_view body) : rest_(body) {
    if (rest_.starts_with("\xEF\xBB\xBF")) {
        rest_.remove_prefix(3);
    }
    shape_ = CsvShape::of(rest_);
    read_header();
    const auto position = [this](std::string_view name) {
        return static_cast<std::size_t>(std::ranges::find(header_, name) - header_.begin());
    };
    if (position("latitude") == header_.size()) {
        throw streaming::PermanentError(refusal(body));
    }
    const auto has = [&](std::string_view name) { return position(name) != header_.size(); };
    modis_ = !has("bright_ti4") && (has("brightness") || !has("bright_ti5"));
    if (modis_ && !has("brightness") && !has("bright_t31")) {
        throw streaming::PermanentError("the FIRMS table has no column bright_ti4 (VIIRS) or brightness (MODIS)");
    }
    const std::array<std::string_view, kColumns> names{"latitude",   "longitude", modis_ ? "brightness" : "bright_ti4",
                                                       "acq_date",   "acq_time",  "satellite",
                                                       "confidence", "version",   "frp",
                                                       "daynight"};
    for (std::size_t column = 0; column < kColumns; ++column) {
        positions_[column] = position(names[column]);
        if (positions_[column] == header_.size()) {
            throw streaming::PermanentError("the FIRMS table has no column " + std::string(names[column]));
        }
        if (std::ranges::count(header_, names[column]) > 1) {
            throw streaming::PermanentError("the FIRMS table has the column " + std::string(names[column]) + " twice");
        }
    }
    type_ = position("type"); // standard processing only
}

void Table::read_header() {
    std::string_view first = take_line();
    if (first.starts_with("sep=")) { // a spreadsheet's hint
        shape_ = CsvShape::of(rest_);
        first = take_line();
    }
    if (!shape_.quoted || !split_quoted(first, shape_.delimiter, cells_)) {
        split(first, shape_.delimiter, cells_);
    }
    for (const std::string_view name : cells_) {
        header_.push_back(lower_case(trimmed(name)));
    }
    while (!header_.empty() && header_.back().empty()) {
        header_.pop_back();
    }
}

std::string_view Table::take_line() {
    ++line_;
    return firms::take_line(rest_, shape_.line_end);
}

std::optional<Table::Row> Table::next() {
    std::optional<Row> row(std::in_place);
    if (!next(*row)) {
        row.reset();
    }
    return row;
}

bool Table::next(Row& row) {
    while (!rest_.empty()) {
        row.text = take_line();
        if (is_nothing(row.text)) {
            continue;
        }
        row.number = ++row_;
        row.line = line_;
        try {
            split_row(row.text);
            read(row.detection.emplace());
        } catch (const BadRow& bad) {
            row.detection.reset();
            row.problem = bad.what();
        }
        return true;
    }
    return false;
}

void Table::split_row(std::string_view line) {
    if (!shape_.quoted) {
        split(line, shape_.delimiter, cells_);
    } else if (!split_quoted(line, shape_.delimiter, cells_)) {
        throw BadRow("a quote is not closed, or something stands behind it");
    }
    while (cells_.size() > header_.size() && is_nothing(cells_.back())) {
        cells_.pop_back();
    }
    if (cells_.size() != header_.size()) {
        throw BadRow("the row has " + std::to_string(cells_.size()) + " columns, the header " +
                     std::to_string(header_.size()));
    }
}

void Table::read(Detection& detection) const {
    if (is_nothing(cells_.front()) && std::ranges::all_of(cells_, is_nothing)) {
        throw BadRow("all its cells are empty");
    }
    const Satellite* known = satellite_of(cell(satellite), modis_);
    if (known == nullptr) {
        refuse(satellite, satellites_of(modis_));
    }
    const Satellite& seen_by = *known;
    detection.latitude = number(latitude, -90, 90);
    detection.longitude = number(longitude, -180, 180);
    detection.acquired_at = acquired_at(seen_by);
    detection.satellite = seen_by.name;
    detection.family = modis_ ? "MODIS" : "VIIRS";
    detection.brightness_k = number(brightness, kColdest, kHottest);
    detection.frp_mw = number(frp, 0, kStrongest);
    detection.day = cell(daynight) == "D" || cell(daynight) == "d";
    detection.version = canonical_version(cell(version));
    detection.type = type();
    if (!detection.version.empty() && !is_name(detection.version)) {
        refuse(version, "a version such as 2.0NRT");
    }
    if (!detection.day && cell(daynight) != "N" && cell(daynight) != "n") {
        refuse(daynight, "D or N");
    }
    read_confidence(detection);
}

double Table::number(Column column, double least, double most) const {
    const auto value = number_in(cell(column), least, most);
    if (!value) {
        refuse(column,
               "a number from " + std::to_string(std::lround(least)) + " to " + std::to_string(std::lround(most)));
    }
    return *value;
}

void Table::refuse(Column column, std::string_view allowed) const {
    throw BadRow(header_[positions_[column]] + ": " + shown(cell(column)) + " is not " + std::string(allowed));
}

std::string Table::type() const {
    if (type_ == header_.size()) {
        return "";
    }
    // As the FIRMS FAQ lists them.
    constexpr std::array<std::string_view, 4> kTypes{"vegetation", "volcano", "static", "offshore"};
    const auto type = whole_number_in(trimmed(cells_[type_]));
    if (!type || *type < 0 || *type >= static_cast<int>(kTypes.size())) {
        throw BadRow("type: " + shown(cells_[type_]) + " is not 0, 1, 2 or 3");
    }
    return std::string(kTypes.at(static_cast<std::size_t>(*type)));
}

std::string Table::acquired_at(const Satellite& seen_by) const {
    std::string text = date_in(cell(acq_date));
    if (text.empty()) {
        refuse(acq_date, "a date such as 2022-09-05, year first");
    }
    if (text < seen_by.since) {
        refuse(acq_date,
               "a day since " + std::string(seen_by.since) + ", when fires of " + std::string(seen_by.name) + " begin");
    }
    const auto time = time_in(cell(acq_time));
    if (!time) {
        refuse(acq_time, "a time such as 0024");
    }
    const auto digit = [](unsigned value) { return static_cast<char>('0' + value); };
    const unsigned hour = *time / 60;
    const unsigned minute = *time % 60;
    text += {'T', digit(hour / 10), digit(hour % 10), ':', digit(minute / 10), digit(minute % 10)};
    return text += ":00Z";
}

void Table::read_confidence(Detection& into) const {
    const std::string_view text = cell(confidence);
    if (!modis_) {
        const std::string lower = text.size() == 1 ? std::string(text) : lower_case(text);
        into.confidence = lower == "l" || lower == "low"       ? "low"
                          : lower == "n" || lower == "nominal" ? "nominal"
                          : lower == "h" || lower == "high"    ? "high"
                                                               : "";
        if (into.confidence.empty()) {
            refuse(confidence, "l, n, h, low, nominal or high");
        }
        return;
    }
    into.confidence_percent = whole_number_in(text);
    if (!into.confidence_percent || *into.confidence_percent < 0 || *into.confidence_percent > 100) {
        refuse(confidence, "a whole number from 0 to 100");
    }
    // The classes of the MODIS active fire guide.
    into.confidence = *into.confidence_percent < 30 ? "low" : *into.confidence_percent < 80 ? "nominal" : "high";
}

} // namespace services::firms
