#include "services/ingest/box.hpp"

#include <fmt/format.h>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace services::ingest {
namespace {

/// Empty when one of them is no number.
std::vector<double> numbers_in(std::string_view text) {
    std::vector<double> numbers;
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    while (true) {
        const auto [next, failure] = std::from_chars(at, end, numbers.emplace_back());
        if (failure != std::errc{} || (next != end && *next != ',')) {
            return {};
        }
        if (next == end) {
            return numbers;
        }
        at = next + 1;
    }
}

std::vector<double> numbers_of(const nlohmann::json& value) {
    std::vector<double> numbers;
    for (const nlohmann::json& entry : value) {
        if (!entry.is_number()) {
            return {};
        }
        numbers.push_back(entry.get<double>());
    }
    return numbers;
}

bool within(double value, double most) { return value >= -most && value <= most; } // false for NaN

} // namespace

std::optional<Box> box_of(const streaming::CustomParams& params, const std::string& name) {
    const nlohmann::json& value = params.value(name);
    if (value.is_null() || value == "world") {
        return std::nullopt;
    }
    const std::vector<double> edges = value.is_string()  ? numbers_in(value.get_ref<const std::string&>())
                                      : value.is_array() ? numbers_of(value)
                                                         : std::vector<double>{};
    if (edges.size() != 4 || !within(edges[0], 180) || !within(edges[1], 90) || !within(edges[2], 180) ||
        !within(edges[3], 90) || edges[0] >= edges[2] || edges[1] >= edges[3]) {
        params.refuse(name, "world, or west,south,east,north in degrees, such as -124.5,32.5,-114,42");
    }
    return Box{.west = edges[0], .south = edges[1], .east = edges[2], .north = edges[3]};
}

std::string to_string(const Box& box) { return fmt::format("{},{},{},{}", box.west, box.south, box.east, box.north); }

} // namespace services::ingest
