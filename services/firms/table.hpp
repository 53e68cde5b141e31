#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/firms/csv.hpp"
#include "services/firms/detection.hpp"
#include "services/firms/satellites.hpp"

namespace services::firms {

/// A row that cannot be understood: names the column, the value and what is allowed.
class BadRow : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One answer of FIRMS: CSV whose columns are found by name, in the VIIRS, the MODIS or the LANDSAT family. Files that
/// went through a spreadsheet are read too, as far as they mean one thing: semicolons, tabs, quotes, decimal commas,
/// any line ends, empty cells behind the last column. Views into the body, which must outlive it. Used by one thread.
class Table {
public:
    /// Reads the header. Throws PermanentError when it is none of FIRMS: a refusal may come with any status.
    explicit Table(std::string_view body);

    struct Row {
        std::size_t number = 0; ///< 1 = the first behind the header
        std::size_t line = 0;   ///< of the body, 1 = the first
        std::string_view text{};
        std::optional<Detection> detection{};
        std::string problem{}; ///< why there is no detection
    };
    /// The next row that is no blank line; nothing at the end. Throws nothing of its own.
    [[nodiscard]] std::optional<Row> next();
    /// The same into a row that is empty. False at the end.
    [[nodiscard]] bool next(Row& row);
    /// About how many rows may come.
    [[nodiscard]] std::size_t rows_left() const { return rest_.size() / kUsualRow + 1; }

private:
    static constexpr std::size_t kUsualRow = 72; ///< bytes; those of the API have 80 to 100

    enum Column {
        latitude,
        longitude,
        brightness,
        acq_date,
        acq_time,
        satellite,
        confidence,
        version,
        frp,
        daynight,
        kColumns
    };
    void read_header();
    [[nodiscard]] Family family_of_header() const;
    [[nodiscard]] std::size_t position(std::string_view name) const; ///< size of the header: there is none
    [[nodiscard]] bool has(std::string_view name) const { return position(name) != header_.size(); }
    [[nodiscard]] std::string_view take_line();
    void split_row(std::string_view line);
    void read(Detection& detection) const;
    void read_strength(Detection& into) const;
    [[nodiscard]] bool may_be_thousands(std::string_view cell_text) const;
    [[nodiscard]] double number(Column column, double least, double most) const;
    [[nodiscard]] std::string_view cell(Column column) const { return trimmed(cells_[positions_[column]]); }
    [[noreturn]] void refuse(Column column, std::string_view allowed) const;
    [[nodiscard]] std::string acquired_at(const Satellite& seen_by) const;
    [[nodiscard]] std::string type() const;
    void read_confidence(Detection& into) const;

    std::string_view rest_;
    CsvShape shape_{};
    Family family_ = Family::viirs;
    std::size_t row_ = 0;
    std::size_t line_ = 0;
    std::array<std::size_t, kColumns> positions_{};
    std::size_t type_ = 0;              ///< position; that behind the last = there is none
    std::vector<std::string> header_{}; ///< lower case; nameless columns at its end are none
    std::vector<std::string_view> cells_{};
};

} // namespace services::firms
