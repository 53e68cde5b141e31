#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace services::firms {

// Values of a table's cells, as FIRMS writes them and as spreadsheets leave them. What could mean two things is
// refused.

/// Within bounds. Beside 46.06979 also 4.606979E+01, +46.1 and 46,06979; not 1,234, which may be a thousand.
[[nodiscard]] std::optional<double> number_in(std::string_view cell, double least, double most);

/// 24, 24.0, 2.4E1.
[[nodiscard]] std::optional<int> whole_number_in(std::string_view cell);

/// `2022-09-05` of 2022-09-05, 2022-9-5, 2022/09/05; empty for others: 9/5/2022 may be two days.
[[nodiscard]] std::string date_in(std::string_view cell);

/// Minutes of the day. FIRMS writes 0024, its API 24 (both are 00:24), a spreadsheet 0:24, 00:24:00 or 24.0.
[[nodiscard]] std::optional<unsigned> time_in(std::string_view cell);

/// Not empty, printable ASCII, at most 32 letters: goes into events and keys.
[[nodiscard]] bool is_name(std::string_view cell);

} // namespace services::firms
