#pragma once

#include <string_view>
#include <vector>

namespace services::firms {

/// Cuts the first line off `text`, without its line end: \n or \r\n, which the last line may lack.
[[nodiscard]] inline std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

/// Splits at commas; FIRMS quotes nothing, and what quotes all (spreadsheets) has no commas within. Views into `line`.
inline void split(std::string_view line, std::vector<std::string_view>& cells) {
    const bool quoted = line.find('"') != std::string_view::npos;
    cells.clear();
    for (std::size_t comma = line.find(','); comma != std::string_view::npos; comma = line.find(',')) {
        cells.push_back(line.substr(0, comma));
        line.remove_prefix(comma + 1);
    }
    cells.push_back(line);
    for (std::string_view& cell : cells) {
        if (quoted && cell.size() > 1 && cell.front() == '"' && cell.back() == '"') {
            cell = cell.substr(1, cell.size() - 2);
        }
    }
}

} // namespace services::firms
