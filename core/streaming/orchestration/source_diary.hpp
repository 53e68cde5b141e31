#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/ingestion/api_client.hpp"
#include "core/streaming/ingestion/ingestion_mode.hpp"
#include "core/streaming/reliability/flow_metrics.hpp"

namespace streaming {

/// What one source shows of itself.
struct SourceStatus {
    std::string name{};
    bool ready = false;
    bool halted = false;  ///< not polled any more, until it is configured anew
    std::string detail{}; ///< why not, or why it is stale
    ModeCounts mode{};
    std::optional<ApiClientCounts> api{};
    LabelCounts polls{};                 ///< by class: ok, empty, rejected, or the code of the error
    std::optional<double> age_seconds{}; ///< since the last good answer
    bool stale = false;                  ///< what it gives out is old, although it answers; it is ready all the same
    std::optional<double> payload_age_seconds{}; ///< of its newest data, as far as it says
    std::size_t waiting = 0;                     ///< rows not handed to the queue yet
    std::size_t unsettled = 0;                   ///< records in the queue or on the way to the broker
};

namespace detail {

/// Keeps what a source last said about itself, for whoever asks. Thread-safe. Borrows the clock.
class SourceDiary {
public:
    explicit SourceDiary(Clock& clock) : clock_(clock), started_(clock.now()) {}

    void answered(std::string_view poll_class);
    /// Whether that is another trouble than before.
    bool failed(std::string_view poll_class, const std::string& why);
    /// The same, and it is polled no more until it `goes_on`.
    void halted(std::string_view poll_class, const std::string& why);
    void goes_on();
    /// What time its newest data is of; `too_old` says why that is stale, empty = it is not. Whether that is news.
    bool is_of(Clock::system_time payload, std::string too_old);
    void is_of_no_time(); ///< nothing is known of its data any more
    void waits(const std::string& why);
    void is_well() noexcept; ///< although it was not polled yet
    void publish(const ModeCounts& mode, const Backlog& backlog);

    /// All but name and API client.
    [[nodiscard]] SourceStatus status() const;
    [[nodiscard]] std::size_t open_rows() const;

private:
    Clock& clock_;
    const Clock::steady_time started_;
    mutable std::mutex state_mutex_{};
    std::string trouble_{"not polled yet"};
    bool halted_ = false;
    LabelCounts poll_classes_{};
    std::optional<Clock::steady_time> last_good_{};
    std::optional<Clock::system_time> payload_{};
    std::string stale_{}; ///< why
    ModeCounts mode_{};
    Backlog backlog_{};
};

} // namespace detail
} // namespace streaming
