#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// Of the leg `sources`: what ours polls and the driver answers.
inline constexpr std::size_t kPolledSources = 100;

[[nodiscard]] inline std::string polled_source(std::size_t number) { return "sensor_" + std::to_string(number); }

} // namespace bench
