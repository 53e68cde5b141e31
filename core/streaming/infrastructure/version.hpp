#pragma once

#include <string_view>

namespace streaming {

/// Of the framework; CMakeLists.txt has the same number, and a test compares them.
inline constexpr std::string_view kVersion = "0.1.0";

} // namespace streaming
