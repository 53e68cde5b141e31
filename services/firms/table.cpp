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
    const std::size_t header = std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size());
    line_ = static_cast<std::size_t>(std::ranges::count(rest_.substr(0, header), '\n')); // blank ones before it
    rest_.remove_prefix(header);
    shape_ = CsvShape::of(rest_);
    read_header();
    if (!has("latitude")) {
        throw streaming::PermanentError(refusal(body));
    }
    family_ = family_of_header();
    const std::array<std::string_view, kColumns> names{
        "latitude",   "longitude", family_ == Family::modis ? "brightness" : "bright_ti4",
        "acq_date",   "acq_time",  "satellite",
        "confidence", "version",   "frp",
        "daynight"};
    for (std::size_t column = 0; column < kColumns; ++column) {
        positions_[column] = position(names[column]);
        if (family_ == Family::landsat && (column == brightness || column == version || column == frp)) {
            continue; // it has none of them, and none is read
        }
        if (positions_[column] == header_.size()) {
            throw streaming::PermanentError("the FIRMS table has no column " + std::string(names[column]));
        }
        if (std::ranges::count(header_, names[column]) > 1) {
            throw streaming::PermanentError("the FIRMS table has the column " + std::string(names[column]) + " twice");
        }
    }
    type_ = position("type"); // standard processing only
}

Family Table::family_of_header() const {
    if (has("bright_ti4") || (has("bright_ti5") && !has("brightness"))) {
        return Family::viirs;
    }
    if (has("brightness") || has("bright_t31")) {
        return Family::modis;
    }
    if (has("path") && has("row")) { // of the pixel, which tables of Landsat have instead
        return Family::landsat;
    }
    throw streaming::PermanentError(
        "the FIRMS table has no column bright_ti4 (VIIRS), brightness (MODIS), or path and row (LANDSAT)");
}

std::size_t Table::position(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::find(header_, name) - header_.begin());
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
    const Satellite* known = satellite_of(cell(satellite), family_);
    if (known == nullptr) {
        refuse(satellite, satellites_of(family_));
    }
    const Satellite& seen_by = *known;
    detection.latitude = number(latitude, -90, 90);
    detection.longitude = number(longitude, -180, 180);
    detection.acquired_at = acquired_at(seen_by);
    detection.satellite = seen_by.name;
    detection.family = to_string(family_);
    if (family_ != Family::landsat) {
        read_strength(detection);
    }
    detection.day = cell(daynight) == "D" || cell(daynight) == "d";
    detection.type = type();
    if (!detection.day && cell(daynight) != "N" && cell(daynight) != "n") {
        refuse(daynight, "D or N");
    }
    read_confidence(detection);
}

void Table::read_strength(Detection& into) const {
    into.brightness_k = number(brightness, kColdest, kHottest);
    into.frp_mw = number(frp, 0, kStrongest);
    if (may_be_thousands(cell(frp))) {
        refuse(frp, "one number: where a place has decimal commas, this may be thousands");
    }
    into.version = canonical_version(cell(version));
    if (!into.version.empty() && !is_name(into.version)) {
        refuse(version, "a version such as 2.0NRT");
    }
}

/// 1.234 beside 28,03833.
bool Table::may_be_thousands(std::string_view cell_text) const {
    if (shape_.delimiter == ',' && !shape_.quoted) {
        return false; // no cell has a comma
    }
    const std::size_t point = cell_text.find('.');
    const auto has_comma = [this](Column column) { return cell(column).find(',') != std::string_view::npos; };
    return point != std::string_view::npos && cell_text.size() - point == 4 &&
           (has_comma(latitude) || has_comma(longitude));
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
    if (family_ != Family::modis) {
        const bool landsat = family_ == Family::landsat;
        const std::string lower = text.size() == 1 && !landsat ? std::string(text) : lower_case(text);
        into.confidence = lower == "l" || lower == "low"                                                ? "low"
                          : lower == (landsat ? "m" : "n") || lower == (landsat ? "medium" : "nominal") ? "nominal"
                          : lower == "h" || lower == "high"                                             ? "high"
                                                                                                        : "";
        if (into.confidence.empty()) {
            refuse(confidence, landsat ? "L, M, H, low, medium or high" : "l, n, h, low, nominal or high");
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
