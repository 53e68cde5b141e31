#pragma once

#include <string>

namespace services::firms {

/// Appends what fmt writes of `value` for "{}": the shortest text that reads back as it. Quicker for numbers of up to
/// five decimal places, as those of FIRMS are.
void append_decimal(std::string& into, double value);

} // namespace services::firms
