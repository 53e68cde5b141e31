#include "core/streaming/ingestion/contested_rows.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
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

bool say_the_same(const SourceRow& one, const SourceRow& other, const std::vector<std::string>& stamps) {
    return one.payload == other.payload ||
           (!stamps.empty() && unstamped(one.payload, stamps) == unstamped(other.payload, stamps));
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
    std::unordered_map<std::string, std::size_t> counting;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        SourceRow& row = rows[i];
        const auto [first, is_first] = counting.emplace(row.id, i);
        if (is_first || row.rejected || say_the_same(row, rows[first->second], stamps)) {
            continue;
        }
        row.rejected = fmt::format(
            "its event is that of row {} of the answer ({}), which says something else: one "
            "natural key for two things",
            first->second + 1, row.id);
        row.id = rejected_id(source, row.payload);
    }
}

} // namespace streaming
