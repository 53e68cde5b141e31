#include "core/streaming/ingestion/csv_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/reliability/utf8.hpp"

namespace streaming {
namespace {

constexpr std::size_t kMaxColumns = 4096;

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t bytes = detail::utf8_character_bytes(text);
        if (bytes == 0) {
            return false;
        }
        text.remove_prefix(bytes);
    }
    return true;
}

/// \r, when the first line ends with that alone: spreadsheets of old Macs.
char line_end_of(std::string_view text) {
    const std::size_t end = text.find_first_of("\r\n");
    const bool mac = end != std::string_view::npos && text[end] == '\r' && text.substr(end + 1, 1) != "\n";
    return mac ? '\r' : '\n';
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// `sep=;` and its end, quoted or not: the delimiter, and how many bytes it takes. 0 bytes = there is none.
struct Start {
    std::size_t bytes = 0;
    char delimiter = ',';
};

Start hint_of(std::string_view text) {
    constexpr std::string_view kHint = "sep=";
    const std::size_t quote = text.starts_with('"') ? 1 : 0;
    const auto is_letter = [](char one, char other) { return std::tolower(static_cast<unsigned char>(one)) == other; };
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    const std::string_view said = line.substr(quote, std::max(line.size(), 2 * quote) - 2 * quote);
    if (said.size() != kHint.size() + 1 || said.back() == '"' || (quote == 1 && line.back() != '"') ||
        !std::ranges::equal(said.substr(0, kHint.size()), kHint, is_letter)) {
        return {};
    }
    const std::string_view end = text.substr(line.size(), 2);
    return {.bytes = line.size() + (end == "\r\n" ? 2U : std::min<std::size_t>(end.size(), 1U)),
            .delimiter = said.back()};
}

bool is_by_semicolons(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
    bool quoted = false;
    bool found = false;
    for (const char letter : text) {
        if (letter == '"') {
            quoted = !quoted;
        } else if (!quoted && (letter == ',' || letter == '\r' || letter == '\n')) {
            return found && letter != ',';
        }
        found = found || (!quoted && letter == ';');
    }
    return found;
}

/// What stands before the table (mark and hint), and what is between its cells.
Start start_of(std::string_view text, const CsvOptions& options) {
    Start start{.bytes = text.starts_with("\xEF\xBB\xBF") ? 3U : 0U, .delimiter = options.delimiter};
    text.remove_prefix(start.bytes);
    if (const Start hint = hint_of(text); hint.bytes > 0) {
        return {.bytes = start.bytes + hint.bytes, .delimiter = hint.delimiter};
    }
    if (options.may_be_semicolons && options.columns.empty() && is_by_semicolons(text)) {
        start.delimiter = ';';
    }
    return start;
}

} // namespace

CsvTable::CsvTable(std::string_view text, CsvOptions options)
    : options_(std::move(options)), size_(text.size()), rest_(text), columns_(options_.columns) {
    if (rest_.starts_with("\xFF\xFE") || rest_.starts_with("\xFE\xFF")) {
        throw PermanentError("the table is UTF-16, not UTF-8");
    }
    line_end_ = line_end_of(rest_);
    const Start start = start_of(rest_, options_);
    options_.delimiter = start.delimiter;
    take(start.bytes);
    if (columns_.empty()) {
        read_header();
    }
}

void CsvTable::read_header() {
    skip_blank_lines();
    Row header;
    if (!rest_.empty()) {
        header.problem = read_row(header);
    }
    if (!header.problem.empty() || cells_.size() > kMaxColumns) {
        throw PermanentError(
            "the table has no header that can be read: " +
            (header.problem.empty() ? fmt::format("more than {} columns", kMaxColumns) : header.problem));
    }
    for (const std::string_view name : cells_) {
        const std::string_view shown = trimmed(name);
        columns_.push_back(shown.empty() ? fmt::format("column_{}", columns_.size() + 1) : std::string(shown));
    }
}

std::optional<CsvTable::Row> CsvTable::next() {
    skip_blank_lines();
    if (rest_.empty()) {
        return std::nullopt;
    }
    Row row{.number = ++row_, .line = line_};
    row.problem = read_row(row);
    if (row.problem.empty() && cells_.size() != columns_.size()) {
        row.problem = fmt::format("there are {} cells, the header has {}", cells_.size(), columns_.size());
    }
    return row;
}

std::size_t CsvTable::whole_rows(std::string_view text, const CsvOptions& options) {
    const std::size_t first_end = text.find_first_of("\r\n");
    if (first_end == std::string_view::npos || (text[first_end] == '\r' && first_end + 1 == text.size())) {
        return 0; // the \n of a \r\n may be on its way
    }
    const char line_end = line_end_of(text);
    const char delimiter = start_of(text, options).delimiter;
    std::size_t whole = 0;
    std::size_t cell = 0;   // where it begins
    std::size_t closed = 0; // behind the quote that closed it; the next one, doubled, opens it again
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char letter = text[at];
        if (at - whole > options.max_row_bytes) { // a quote that nobody closes costs its line
            const std::size_t end = text.find(line_end, whole);
            if (end == std::string_view::npos) {
                break;
            }
            at = end;
            quoted = false;
            whole = cell = at + 1;
        } else if (letter == '"' && (quoted || at == cell || (closed == at && at != 0))) {
            quoted = !quoted;
            closed = at + 1;
        } else if (!quoted && letter == line_end) {
            whole = cell = at + 1;
        } else if (!quoted && letter == delimiter) {
            cell = at + 1;
        }
    }
    return whole;
}

/// Takes one row off the text, or its first line when that cannot be one, and says why.
std::string CsvTable::read_row(Row& row) {
    cells_.clear();
    unquoted_.clear();
    std::size_t at = 0;
    std::string problem;
    do {
        problem = read_cell(at);
    } while (problem.empty() && !at_end(at) && rest_[at++] == options_.delimiter);
    const std::size_t line = std::min(rest_.find(line_end_), rest_.size());
    const std::size_t bytes = problem.empty() ? at : line;
    row.text = rest_.substr(0, bytes);
    if (line_end_ == '\n' && row.text.ends_with('\r')) {
        row.text.remove_suffix(1);
    }
    if (problem.empty() && bytes > options_.max_row_bytes) {
        problem = fmt::format("the row has {} bytes, more than {}", bytes, options_.max_row_bytes);
    } else if (problem.empty() && !is_utf8(row.text)) {
        problem = "the row is no UTF-8";
    }
    take(std::min(bytes + 1, rest_.size()));
    return problem;
}

/// `at` comes to stand at the delimiter or line end behind the cell.
std::string CsvTable::read_cell(std::size_t& at) {
    if (at < rest_.size() && rest_[at] == '"') {
        return read_quoted(at);
    }
    const std::size_t begin = at;
    while (!at_end(at) && rest_[at] != options_.delimiter) {
        ++at;
    }
    std::string_view cell = rest_.substr(begin, at - begin);
    if (line_end_ == '\n' && at_end(at) && cell.ends_with('\r')) {
        cell.remove_suffix(1);
    }
    cells_.push_back(cell);
    return {};
}

std::string CsvTable::read_quoted(std::size_t& at) {
    const std::size_t begin = ++at;
    bool doubled = false;
    for (;; at += 2) {
        at = rest_.substr(0, std::min(rest_.size(), options_.max_row_bytes)).find('"', at);
        if (at == std::string_view::npos) {
            return fmt::format("cell {}: its quote is not closed", cells_.size() + 1);
        }
        if (rest_.substr(at + 1, 1) != "\"") {
            break;
        }
        doubled = true;
    }
    std::string_view cell = rest_.substr(begin, at - begin);
    if (doubled) {
        std::string& plain = unquoted_.emplace_back();
        for (std::size_t i = 0; i < cell.size(); ++i) {
            plain += cell[i];
            i += cell[i] == '"' ? 1 : 0;
        }
        cell = plain;
    }
    cells_.push_back(cell);
    ++at;
    if (line_end_ == '\n' && at + 1 <= rest_.size() && rest_[at] == '\r' && at_end(at + 1)) {
        ++at;
    }
    if (!at_end(at) && rest_[at] != options_.delimiter) {
        return fmt::format("cell {}: there is something behind its closing quote", cells_.size());
    }
    return {};
}

void CsvTable::take(std::size_t bytes) {
    line_ += static_cast<std::size_t>(std::ranges::count(rest_.substr(0, bytes), line_end_));
    rest_.remove_prefix(bytes);
}

void CsvTable::skip_blank_lines() {
    for (;;) {
        std::string_view line = rest_.substr(0, rest_.find(line_end_));
        if (rest_.empty() || line.find_first_not_of(line_end_ == '\n' ? "\r" : "") != std::string_view::npos) {
            return;
        }
        take(std::min(line.size() + 1, rest_.size()));
    }
}

} // namespace streaming
