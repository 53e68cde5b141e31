#include "core/streaming/ingestion/contested_rows.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <functional>
#include <unordered_map>

namespace streaming {

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

void reject_contested(std::vector<SourceRow>& rows, std::string_view source) {
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
        if (is_first || row.rejected || row.payload == rows[first->second].payload) {
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
