#pragma once

#include <cstddef>
#include <string_view>

namespace streaming {

/// How a consumed record ended. Every record gets exactly one.
enum class Outcome { handled, duplicate, ignored, dead_lettered, dropped };
inline constexpr std::size_t kOutcomes = 5;

[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;

} // namespace streaming
