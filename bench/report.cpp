#include "bench/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace bench {
namespace {

constexpr std::array<int, 7> kWidths{11, 26, 34, 34, 10, 11, 5};

std::string number(double value, int digits) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

/// "median (lowest - highest)"
std::string spread(const std::vector<double>& values, int digits) {
    if (values.empty()) {
        return "";
    }
    const auto [lowest, highest] = std::ranges::minmax(values);
    std::string text = number(median(values), digits);
    if (values.size() > 1) {
        text += " (" + number(lowest, digits) + " - " + number(highest, digits) + ")";
    }
    return text;
}

std::string shown(const Line& line, double value) {
    return line.compare == Line::Compare::ratio
               ? (value >= 10.0 ? number(value, 0) + "x" : number(100.0 * value, 0) + " %")
               : number(value, line.digits);
}

} // namespace

double median(std::vector<double> values) {
    if (values.empty()) {
        return 0.0;
    }
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double percentile(std::vector<double> values, double percent) {
    if (values.empty()) {
        return 0.0;
    }
    const auto rank = static_cast<std::size_t>(std::ceil(percent / 100.0 * static_cast<double>(values.size())));
    const auto place =
        values.begin() + static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(rank, 1, values.size()) - 1);
    std::ranges::nth_element(values, place);
    return *place;
}

std::vector<std::string> Report::cells(const Line& line) {
    double compared = median(line.ours);
    if (line.compare == Line::Compare::ratio) {
        compared /= median(line.twin);
    } else if (line.compare == Line::Compare::difference) {
        compared -= median(line.twin);
    }
    std::vector<std::string> cells{line.leg, line.quantity, spread(line.twin, line.digits),
                                   spread(line.ours, line.digits),
                                   line.compare == Line::Compare::none ? "" : shown(line, compared)};
    if (line.budget) {
        const bool at_least = line.budget->limit == Line::Limit::at_least;
        const bool met = at_least ? compared >= line.budget->value : compared <= line.budget->value;
        cells.push_back((at_least ? ">= " : "<= ") + shown(line, line.budget->value));
        cells.emplace_back(met ? "met" : "short");
    } else {
        cells.insert(cells.end(), {"", ""});
    }
    return cells;
}

void Report::head() const {
    print({"leg", "quantity", "twin", "ours", "ours/twin", "budget", ""});
    if (format_ == Format::markdown) {
        std::puts("|---|---|---|---|---|---|---|");
    }
}

void Report::add(const Line& line) const { print(cells(line)); }

void Report::note(const std::string& text) const {
    std::printf("%s\n", text.c_str());
    (void)std::fflush(stdout);
}

void Report::print(const std::vector<std::string>& cells) const {
    std::string line;
    for (std::size_t column = 0; column < cells.size(); ++column) {
        if (format_ == Format::markdown) {
            line += "| " + cells[column] + " ";
        } else {
            line += cells[column];
            const auto width = static_cast<std::size_t>(kWidths[column]);
            line.append(cells[column].size() < width ? width - cells[column].size() : 1, ' ');
        }
    }
    line += format_ == Format::markdown ? "|" : "";
    note(line.erase(line.find_last_not_of(' ') + 1));
}

} // namespace bench
