#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// How far consumers were behind at one moment: the worst pair of group and topic. See LagWatch.
struct LagObservation {
    std::uint64_t records = 0;       ///< of the worst pair, partitions that are left out not counted
    std::optional<double> seconds{}; ///< at least so old is the oldest unread record of any pair; absent = not known
    Clock::steady_time taken{};      ///< when the broker was asked, not when the answer is looked at
    std::uint64_t committed_total =
        0; ///< sum of the worst pair's committed offsets, of all partitions: its growth is the drain
    std::uint64_t produced_total = 0; ///< the same of its high watermarks: its growth is what came in
    std::string worst{};              ///< `group g, topic t`
    std::string unknown{};            ///< pairs whose lag could not be read; not empty = the real worst may be higher
    std::vector<std::string> left_out{}; ///< pairs and partitions that do not count, each with the reason
};

} // namespace streaming
