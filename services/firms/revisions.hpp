#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "services/firms/detection.hpp"

namespace services::firms {

/// Tells rows that came back with other content (a new FRP, about 1 in 100) from those that came back as they were.
/// Knows what the answers of one source held since the start: what was revised while nobody polled shows only at the
/// next change. About 50 bytes for each row of an answer. Used by one thread.
class Revisions {
public:
    /// Whether the detection is known with other content, or was so once: from then on every state it has is a
    /// revision.
    [[nodiscard]] bool is_revised(std::string_view natural_key, const Detection& detection);
    /// Forgets what this answer did not hold.
    void end_of_answer();

private:
    struct Seen {
        std::uint64_t content = 0; ///< when it was first seen
        std::uint32_t answer = 0;
        bool revised = false;
    };
    std::unordered_map<std::uint64_t, Seen> seen_{}; ///< by hash of the key
    std::uint32_t answer_ = 0;
};

/// Identifies one state of a detection.
[[nodiscard]] std::string revision_key(std::string_view natural_key, const Detection& detection);

} // namespace services::firms
