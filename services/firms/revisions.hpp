#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/firms/detection.hpp"

namespace services::firms {

/// Tells rows that came back with other content (a new FRP, about 1 in 100) from those that came back as they were.
/// Knows what the answers of one source held since the start: what was revised while nobody polled shows only at the
/// next change. About 100 bytes for each row of an answer. Used by one thread.
class Revisions {
public:
    /// Whether the detection was in the answers before this one with other content, or was so once: from then on every
    /// state it has is a revision. What the last answer did not hold is forgotten.
    [[nodiscard]] bool is_revised(std::string_view natural_key, const Detection& detection);
    void end_of_answer() { ++answer_; }

private:
    /// An open hash table: an answer holds a hundred thousand rows, and each is looked up.
    struct Slot {
        std::uint64_t key = 0;     ///< hash of the natural key; 0 = empty
        std::uint64_t content = 0; ///< when it was first seen
        std::uint32_t answer = 0;  ///< that held it last
        bool revised = false;
    };
    [[nodiscard]] bool is_forgotten(const Slot& slot) const { return slot.answer + 1 < answer_; }
    [[nodiscard]] Slot& slot_of(std::uint64_t key);
    void grow();

    std::vector<Slot> slots_{std::vector<Slot>(1024)}; ///< a power of two, at most half of them used
    std::size_t used_ = 0;
    std::uint32_t answer_ = 1;
};

/// Identifies one state of a detection.
[[nodiscard]] std::string revision_key(std::string_view natural_key, const Detection& detection);

} // namespace services::firms
