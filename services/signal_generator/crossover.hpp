#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/trading/events.hpp"

namespace services::signal_generator {

/// Moving-average crossover of every instrument: buy when the average of the last `fast` prices rises above the
/// average of the last `slow` ones, sell when it falls below. Says nothing until `slow` prices were seen.
/// Used by one thread. A tick that comes again is answered as the first time and counts once.
class Crossover {
public:
    using Time = std::chrono::system_clock::time_point;
    struct Options {
        std::size_t fast = 5;  ///< at least 1
        std::size_t slow = 20; ///< above fast
    };
    explicit Crossover(Options options) : options_(options) {}

    /// `place` and `time` are those of the tick's record. Returns buy or sell; nothing while nothing crosses.
    [[nodiscard]] std::optional<std::string_view> on_tick(const trading::Tick& tick, const trading::Place& place,
                                                          Time time);

private:
    enum class Relation { unknown, below, above };
    struct Instrument {
        std::vector<double> prices{}; ///< a ring of `slow`
        std::size_t seen = 0;
        Relation relation = Relation::unknown; ///< of the fast average to the slow one, when they last differed
        std::int64_t last_offset = -1;
        Time last_time{};
        std::deque<std::pair<std::int64_t, std::string_view>> answers{}; ///< offset and side of the last signals
    };
    [[nodiscard]] double average(const Instrument& instrument, std::size_t of_last) const;
    [[nodiscard]] std::optional<std::string_view> compare(Instrument& instrument) const;

    Options options_;
    std::unordered_map<std::int64_t, Instrument> instruments_{};
};

} // namespace services::signal_generator
