#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace streaming {

struct CsvOptions {
    char delimiter = ','; ///< no quote and no line end; `sep=;` in the first line counts more
    /// A header with ; and without , outside quotes is one of semicolons, and so are its rows.
    bool may_be_semicolons = false;
    /// Of one row, line ends in quoted cells included; a longer one is rejected.
    std::size_t max_row_bytes = 1024U * 1024U;
    std::vector<std::string> columns{}; ///< not empty: there is no header, these are their names
};

/// Reads a table of RFC 4180: a header (or none, see CsvOptions::columns), then rows; cells may be quoted and then hold
/// delimiters, line ends and doubled quotes. Lines end with \n or \r\n, or all with \r; a byte order mark and blank
/// lines are skipped, and so is a first line `sep=;`, which tells spreadsheets the delimiter; the last line needs no
/// end. More than that a row must be: as many cells as the header has, nothing behind a closing quote, UTF-8.
///
/// A quote that is never closed costs its line and not the rest of the table.
/// Views into the text, which must outlive it. Used by one thread.
class CsvTable {
public:
    struct Row {
        std::size_t number = 0; ///< 1 = the first, behind the header
        std::size_t line = 0;   ///< where it begins, 1 = the first of the text
        std::string_view text{};
        std::string problem{}; ///< not empty: why it has no cells
    };

    /// Reads the header. Throws PermanentError when there is none that can be read: no UTF-8, more than 4,096 columns.
    CsvTable(std::string_view text, CsvOptions options);

    /// Names without blanks around them; a nameless one is called column_N, from 1.
    [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }
    /// The next row; nothing at the end.
    [[nodiscard]] std::optional<Row> next();
    /// Of the row that came last, as many as there are columns; valid until the next one.
    [[nodiscard]] const std::vector<std::string_view>& cells() const noexcept { return cells_; }

    /// How many bytes of the text the header and the rows so far took.
    [[nodiscard]] std::size_t consumed() const noexcept { return size_ - rest_.size(); }

    /// How many bytes of `text`, a table from its header on, are whole rows: what is behind them may be part of one
    /// that is being written.
    [[nodiscard]] static std::size_t whole_rows(std::string_view text, const CsvOptions& options);

private:
    void read_header();
    [[nodiscard]] std::string read_row(Row& row);
    [[nodiscard]] std::string read_cell(std::size_t& at);
    [[nodiscard]] std::string read_quoted(std::size_t& at);
    [[nodiscard]] bool at_end(std::size_t at) const { return at >= rest_.size() || rest_[at] == line_end_; }
    void take(std::size_t bytes);
    void skip_blank_lines();

    CsvOptions options_;
    std::size_t size_;
    std::string_view rest_;
    char line_end_ = '\n';
    std::size_t row_ = 0;
    std::size_t line_ = 1;
    std::vector<std::string> columns_{};
    std::vector<std::string_view> cells_{};
    std::deque<std::string> unquoted_{}; ///< cells that are not in the text as they are
};

} // namespace streaming
