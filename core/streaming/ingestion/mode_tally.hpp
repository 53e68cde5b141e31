#pragma once

#include <chrono>

#include "core/streaming/ingestion/ingestion_mode.hpp"

namespace streaming::detail {

/// Counts what every mode counts. Used by one thread at a time.
class ModeTally {
public:
    explicit ModeTally(Clock& clock) : clock_(clock), since_(clock.now()) {}
    void started() noexcept { ++counts_.polls; }
    void ended(const PollEnd& end) noexcept { counts_.records_processed += end.new_rows; }
    /// Of each poll, once: a poll that failed settles as failed.
    void settled(bool ok) noexcept { counts_.errors += ok ? 0U : 1U; }
    void missed(std::uint64_t times) noexcept { counts_.missed += times; }

    [[nodiscard]] std::uint64_t next_ticket() const noexcept { return counts_.polls + 1; }
    [[nodiscard]] ModeCounts counts() const {
        ModeCounts counts = counts_;
        counts.uptime_seconds = std::chrono::duration<double>(clock_.now() - since_).count();
        return counts;
    }

private:
    Clock& clock_;
    Clock::steady_time since_;
    ModeCounts counts_{};
};

} // namespace streaming::detail
