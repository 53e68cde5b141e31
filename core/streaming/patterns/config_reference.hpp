#pragma once

#include <string>

namespace streaming::detail {

/// Every key in one Markdown table: key, what is allowed, default, meaning.
[[nodiscard]] std::string config_reference();

} // namespace streaming::detail
