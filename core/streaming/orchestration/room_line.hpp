#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming::detail {

/// The sources that found no room in the queue. One that waits for longer than `max_wait` is next: the others stand
/// back until something of it got in, so that none waits for ever, be its priority low or its records large.
/// Thread-safe. Borrows the clock.
class RoomLine {
public:
    RoomLine(Clock& clock, std::chrono::milliseconds max_wait) : clock_(clock), max_wait_(max_wait) {}

    void configure(std::chrono::milliseconds max_wait);
    /// Whether it may try the queue; it takes its place in the line when it may not.
    [[nodiscard]] bool may_try(const std::string& source);
    /// It tried, and some of what it has got in.
    void entered(const std::string& source);
    void found_no_room(const std::string& source);
    /// It does something else for a while, such as a poll: nobody stands back for it until it tries again.
    void steps_aside(const std::string& source);
    void leave(const std::string& source) { entered(source); }
    [[nodiscard]] bool is_next(const std::string& source) const;

private:
    struct Place {
        std::string source{};
        Clock::steady_time since{};
        bool aside = false;
    };
    [[nodiscard]] const Place* next() const;
    [[nodiscard]] Place& place_of(const std::string& source);

    Clock& clock_;
    mutable std::mutex line_mutex_{};
    std::chrono::milliseconds max_wait_;
    std::vector<Place> line_{};         ///< as they came
    std::atomic<bool> somebody_{false}; ///< is in it: most of the time nobody is
};

} // namespace streaming::detail
