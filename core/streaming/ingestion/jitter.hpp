#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <random>

namespace streaming {

/// Random waits, so that those who failed together do not come back together. The same seed, the same waits.
/// Thread-safe.
class Jitter {
public:
    explicit Jitter(std::uint64_t seed) : random_(seed) {}

    /// Between nothing and `most`, each as likely ("full jitter").
    [[nodiscard]] std::chrono::nanoseconds up_to(std::chrono::nanoseconds most) {
        const std::lock_guard lock(random_mutex_);
        return std::chrono::nanoseconds(
            std::uniform_int_distribution<std::int64_t>(0, most.count() > 0 ? most.count() : 0)(random_));
    }
    /// What is added to a pause that a server asked for: up to a tenth of it, of 1 s at least and 30 s at most.
    [[nodiscard]] std::chrono::nanoseconds after_pause(std::chrono::nanoseconds pause) {
        return up_to(most_after_pause(pause));
    }
    [[nodiscard]] static std::chrono::nanoseconds most_after_pause(std::chrono::nanoseconds pause) {
        const std::chrono::nanoseconds tenth = pause / 10;
        if (tenth < std::chrono::seconds(1)) {
            return std::chrono::seconds(1);
        }
        return tenth > std::chrono::seconds(30) ? std::chrono::seconds(30) : tenth;
    }

private:
    std::mutex random_mutex_{};
    std::mt19937_64 random_;
};

} // namespace streaming
