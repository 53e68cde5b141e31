#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/lag_probe.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/lag_observation.hpp"

namespace streaming {

struct LagWatchOptions {
    /// A partition with unread records whose committed offset has not moved for so long, while another one of the same
    /// group and topic has, is stuck on a record and does not count: slowing all sources down would not help it. The
    /// idea is KEDA's `excludePersistentLag` (Kafka scaler, 2.15).
    std::chrono::seconds stuck_after{300};
};

/// Looks how far consumer groups are behind on topics: one round of asking with each call. It remembers when topics
/// grew, to tell the age of what is unread, and which offsets moved. Used by one thread; `look` blocks for its timeout
/// at most. Borrows the probe and the clock.
///
/// Lag counts from the committed offset to the high watermark; the pair of group and topic with the most records is the
/// worst, and counts. A topic that does not exist has no lag. A group that never committed on a topic probably does not
/// read it: such a pair is left out as long as any other counts; when there is no other, it counts.
class LagWatch {
public:
    LagWatch(LagProbe& probe, Clock& clock, LagWatchOptions options = {});

    /// An error when there is no pair whose lag could be read. When some could be read, the others are named in
    /// `unknown`: their lag is not taken as zero.
    Result<LagObservation> look(std::span<const std::string> groups, std::span<const std::string> topics,
                                std::chrono::milliseconds timeout);

private:
    struct Growth {
        Clock::steady_time time{};
        std::int64_t high = 0;
    };
    struct Partition {
        std::int64_t committed = -1;
        Clock::steady_time moved{}; ///< when the committed offset was last seen to move; the beginning when never
        std::optional<Clock::steady_time> behind{}; ///< since when it has unread records and does not move
        std::deque<Growth> growth{};                ///< times at which the topic was first seen that long
    };
    using PairName = std::pair<std::string, std::string>; ///< group, topic
    struct PairState {
        std::map<std::int32_t, Partition> partitions{};
        std::uint64_t round = 0; ///< when it was asked about last
    };
    struct PairLag;
    struct Round;

    void ask(const PairName& pair, Round& round);
    PairLag weigh(const PairName& pair, const std::vector<PartitionLag>& lags, Clock::steady_time now);
    static void remember_growth(Partition& partition, const PartitionLag& lag, Clock::steady_time now);
    static void remember(Partition& partition, const PartitionLag& lag, Clock::steady_time now);
    [[nodiscard]] bool is_stuck(const PairState& pair, const PartitionLag& lag, Clock::steady_time now) const;

    LagProbe& probe_;
    Clock& clock_;
    LagWatchOptions options_;
    std::map<PairName, PairState> pairs_{};
    std::uint64_t round_ = 0;
};

} // namespace streaming
