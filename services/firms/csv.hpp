#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace services::firms {

/// How a table is written: as FIRMS does, or as a spreadsheet that it went through.
struct CsvShape {
    char delimiter = ',';
    char line_end = '\n'; ///< a \r before it is no part of the line
    bool quoted = false;  ///< some cells are

    /// Of a text without byte order mark.
    static CsvShape of(std::string_view text) {
        CsvShape shape;
        const std::size_t end = text.find_first_of("\r\n");
        if (end != std::string_view::npos && text[end] == '\r' && text.substr(end + 1, 1) != "\n") {
            shape.line_end = '\r'; // spreadsheets of old Macs
        }
        const std::string_view first = text.substr(0, end);
        for (const char other : {';', '\t', '|'}) {
            if (std::ranges::count(first, other) > std::ranges::count(first, shape.delimiter)) {
                shape.delimiter = other;
            }
        }
        shape.quoted = text.find('"') != std::string_view::npos;
        return shape;
    }
};

[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

/// Cuts the first line off `text`, without its line end, which the last line may lack.
[[nodiscard]] inline std::string_view take_line(std::string_view& text, char line_end) {
    const std::size_t end = text.find(line_end);
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

/// Splits a line without quotes. Views into `line`.
inline void split(std::string_view line, char delimiter, std::vector<std::string_view>& cells) {
    cells.clear();
    for (std::size_t at = line.find(delimiter); at != std::string_view::npos; at = line.find(delimiter)) {
        cells.push_back(line.substr(0, at));
        line.remove_prefix(at + 1);
    }
    cells.push_back(line);
}

/// Splits a line whose cells may be in quotes; no value of FIRMS holds a quote or a line end. False when a quote is not
/// closed, or something stands behind it.
[[nodiscard]] inline bool split_quoted(std::string_view line, char delimiter, std::vector<std::string_view>& cells) {
    cells.clear();
    while (true) {
        const bool quoted = line.starts_with('"');
        const std::size_t end = quoted ? line.find('"', 1) : std::min(line.find(delimiter), line.size());
        if (end == std::string_view::npos) {
            return false;
        }
        cells.push_back(quoted ? line.substr(1, end - 1) : line.substr(0, end));
        line.remove_prefix(quoted ? end + 1 : end);
        if (line.empty()) {
            return true;
        }
        if (line.front() != delimiter) {
            return false;
        }
        line.remove_prefix(1);
    }
}

} // namespace services::firms
