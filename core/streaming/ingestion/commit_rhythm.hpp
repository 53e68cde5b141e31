#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// How long unread records usually wait for the next commit of a consumer group, to tell a group that stands still from
/// one that commits rarely. A group stands still when its records wait half as long again as usual; until it is known
/// what is usual, that is the 5 s in which Kafka's clients commit by default (auto.commit.interval.ms). Used by one
/// thread.
class CommitRhythm {
public:
    using Seconds = std::chrono::duration<double>;

    /// What an observation taken at `taken` says; later ones follow. `committed`: the sum of the offsets.
    void add(Clock::steady_time taken, double lag, double committed);

    [[nodiscard]] bool stands_still() const noexcept { return still_; }
    /// The newest observation holds the first commit after a standstill.
    [[nodiscard]] bool just_resumed() const noexcept { return just_resumed_; }
    /// There was one commit since the last standstill, so what is read in a second is not known yet.
    [[nodiscard]] bool resuming() const noexcept { return resuming_; }
    /// A commit that some record waited for was seen.
    [[nodiscard]] bool known() const noexcept { return !gaps_.empty(); }
    /// Between records and their commit. Not the longest of the last minutes but the second: one standstill is no rule.
    [[nodiscard]] Seconds gap() const;
    [[nodiscard]] Seconds interval() const noexcept { return interval_; } ///< between the last two observations

private:
    struct Gap {
        Clock::steady_time seen{};
        Seconds length{};
        std::uint64_t number = 0;
        unsigned exceeded = 0; ///< by so many later ones
    };
    void learn(Seconds length, Clock::steady_time now);

    std::vector<Gap> gaps_{}; ///< those that are, or may come to be, among the two longest
    std::uint64_t learned_ = 0;
    Clock::steady_time last_{};
    Seconds interval_{0};
    std::optional<double> committed_{};
    std::optional<Clock::steady_time> waiting_since_{}; ///< of the oldest unread record, as far as it was seen
    bool still_ = false;
    bool just_resumed_ = false;
    bool resuming_ = false;
};

} // namespace streaming
