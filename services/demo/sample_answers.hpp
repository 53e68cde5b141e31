#pragma once

#include <cstddef>
#include <string>

namespace services::demo {

/// Answers in the formats of the real APIs, made up by a fixed rule, for where no recordings are. `poll` counts from 0.

/// api.weather.gov: /stations/{station}/observations?limit=1. A new observation every third poll.
[[nodiscard]] std::string sample_observation(const std::string& station, std::size_t poll);

/// FIRMS area API: a day that grows by some rows with each poll and repeats the earlier ones.
[[nodiscard]] std::string sample_fires(const std::string& product, std::size_t poll);

} // namespace services::demo
