#include "core/streaming/ingestion/contested_rows.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/streaming/ingestion/exact_json.hpp"

namespace streaming {

using nlohmann::json;

bool has_equal(const std::vector<std::uint64_t>& fingerprints) {
    constexpr std::uint64_t kFree = 0;
    std::vector<std::uint64_t> slots(std::bit_ceil(2 * fingerprints.size() + 2), kFree);
    const std::size_t last = slots.size() - 1;
    for (const std::uint64_t given : fingerprints) {
        const std::uint64_t fingerprint = given == kFree ? 1 : given;
        std::size_t at = fingerprint & last;
        while (slots[at] != kFree) {
            if (slots[at] == fingerprint) {
                return true;
            }
            at = (at + 1) & last;
        }
        slots[at] = fingerprint;
    }
    return false;
}

namespace {

/// The data of an envelope without the times at these places.
json unstamped(const std::string& payload, const std::vector<std::string>& stamps) {
    const json envelope = read_exactly(payload).value;
    json data = envelope.is_object() ? envelope.value("data", json()) : json();
    for (const std::string& place : stamps) {
        if (!place.starts_with('/')) {
            if (data.is_object()) {
                data.erase(place);
            }
            continue;
        }
        const json::json_pointer pointer(place);
        if (data.contains(pointer) && data[pointer.parent_pointer()].is_object()) {
            data[pointer.parent_pointer()].erase(pointer.back());
        }
    }
    return data;
}

/// The row that counts of an id.
struct Counting {
    std::size_t row = 0;
    std::optional<json> data{}; ///< without its times, once somebody asked
};

/// Whether one says what the row that counts says, but for the times.
bool says_again(const SourceRow& row, const SourceRow& first, Counting& counting,
                const std::vector<std::string>& stamps) {
    if (row.payload == first.payload || stamps.empty()) {
        return row.payload == first.payload;
    }
    if (!counting.data) {
        counting.data = unstamped(first.payload, stamps);
    }
    return counting.data->is_object() && unstamped(row.payload, stamps) == *counting.data;
}

} // namespace

void reject_contested(std::vector<SourceRow>& rows, std::string_view source, const std::vector<std::string>& stamps) {
    std::vector<std::uint64_t> fingerprints;
    fingerprints.reserve(rows.size());
    for (const SourceRow& row : rows) {
        fingerprints.push_back(std::hash<std::string_view>{}(row.id));
    }
    if (!has_equal(fingerprints)) {
        return;
    }
    std::unordered_map<std::string, Counting> counting;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        SourceRow& row = rows[i];
        const auto [first, is_first] = counting.try_emplace(row.id, Counting{.row = i});
        if (is_first || row.rejected || says_again(row, rows[first->second.row], first->second, stamps)) {
            continue;
        }
        row.rejected = fmt::format(
            "its event is that of row {} of the answer ({}), which says something else: one "
            "natural key for two things",
            first->second.row + 1, row.id);
        row.id = rejected_id(source, row.payload);
    }
}

} // namespace streaming
