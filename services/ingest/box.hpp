#pragma once

#include <optional>
#include <string>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// A part of the Earth, in degrees, north and east positive.
struct Box {
    double west = 0;
    double south = 0;
    double east = 0;
    double north = 0;
};

/// From `west,south,east,north` or a list of these four numbers; nothing when absent, or when the text is `world`.
/// Throws std::invalid_argument.
[[nodiscard]] std::optional<Box> box_of(const streaming::CustomParams& params, const std::string& name);

/// "-124.5,32.5,-114,42"
[[nodiscard]] std::string to_string(const Box& box);

} // namespace services::ingest
