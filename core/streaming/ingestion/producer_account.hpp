#pragma once

#include <spdlog/fwd.h>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// At every moment: accepted = total_sent + dead_lettered + given_up + what is not settled yet.
struct ProducerMetrics {
    std::uint64_t accepted = 0;      ///< records taken over
    std::uint64_t total_sent = 0;    ///< acknowledged in their topic
    std::uint64_t total_failed = 0;  ///< finally not: dead-lettered after failed attempts, or given up
    std::uint64_t retry_count = 0;   ///< records sent again, each time
    std::uint64_t batches_sent = 0;  ///< handed to the producer, those with retries and dead letters included
    std::uint64_t dead_lettered = 0; ///< rejected ones included
    std::uint64_t given_up = 0;      ///< uncertain ones included
    std::uint64_t uncertain = 0;     ///< may be in their topic or not: not sent again
    std::uint64_t in_flight = 0;     ///< of the pipeline: not settled, `waiting` included
    std::uint64_t waiting = 0;       ///< of the pipeline: to be sent again later
    std::map<std::string, std::uint64_t> dead_lettered_by_class{};
};

/// What the reports of the last batches say.
struct ProducerHealth {
    bool healthy = true;         ///< false from a failure that is no fault of a record to the next success
    bool kafka_connected = true; ///< false while the broker does not answer
    bool acknowledges = true;    ///< false: unhealthy, and nothing was acknowledged since
    std::string detail{};        ///< since when and why not
    std::optional<std::chrono::milliseconds> last_report_age{}; ///< absent = there was none
};

namespace detail {

/// Counts what a ProducerWrapper does and judges its health. Thread-safe.
class ProducerAccount {
public:
    /// What became of the records of one batch.
    struct Tally {
        std::uint64_t acknowledged = 0;
        std::uint64_t dead_lettered = 0;
        std::uint64_t failed = 0;
        std::uint64_t given_up = 0;
        std::uint64_t uncertain = 0;
        std::map<std::string, std::uint64_t> dead_lettered_by_class{};
        bool heard = false;             ///< the broker acknowledged something
        std::optional<Error> trouble{}; ///< a failure that is no fault of its record
        std::optional<Error> failure{}; ///< of a record that is given up or dead-lettered
    };

    /// An acknowledgement that takes longer makes the producer unhealthy; when no other came meanwhile, the broker is
    /// away.
    static constexpr std::chrono::seconds kPatience{10};

    ProducerAccount(Clock& clock, spdlog::logger& log) : clock_(clock), log_(log) {}

    void accept(std::size_t records);
    void hand_over(std::size_t records_again);
    /// One batch has got all its reports, or records were given up.
    void settle(const Tally& tally);
    void wait_since(std::optional<Clock::steady_time> sent); ///< of the oldest batch without all reports

    [[nodiscard]] bool acknowledged_since(Clock::steady_time time) const;
    [[nodiscard]] ProducerMetrics metrics() const;
    [[nodiscard]] ProducerHealth health() const;

private:
    struct Trouble {
        Clock::steady_time latest{};
        Clock::system_time stamp{}; ///< of the first
        Error error{};
    };
    void judge(const Tally& tally);
    void log(const Tally& tally);

    Clock& clock_;
    spdlog::logger& log_;
    mutable std::mutex account_mutex_{};
    ProducerMetrics metrics_{};
    std::optional<Trouble> trouble_{};
    std::optional<Clock::steady_time> last_report_{};
    std::optional<Clock::steady_time> last_acknowledged_{};
    std::optional<Clock::steady_time> oldest_open_{};
};

} // namespace detail
} // namespace streaming
