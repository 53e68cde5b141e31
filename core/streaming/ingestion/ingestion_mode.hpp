#pragma once

#include <spdlog/fwd.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/cursor_store.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"

namespace streaming {

/// When to poll, and for what.
struct PollPlan {
    Clock::steady_time due{};           ///< max() = not before something settles
    std::optional<TimeWindow> window{}; ///< a part of the past; absent = what is new
    std::uint64_t ticket = 0;           ///< tells the polls of a mode apart
    /// Of a window: when the next poll for what is new is due, which goes first. A window may have to wait longer.
    Clock::steady_time news_due = Clock::steady_time::max();
};

struct PollEnd {
    bool ok = false;          ///< an answer came and was understood
    std::size_t rows = 0;     ///< of the answer
    std::size_t new_rows = 0; ///< of those, not seen before
};

/// Rows of a source on their way: fetched and new, not settled.
struct Backlog {
    std::size_t waiting = 0;     ///< held by the runtime, not handed over
    Clock::steady_time oldest{}; ///< when the oldest of those was fetched; any value when none waits
    std::size_t unsettled = 0;   ///< handed over to the queue, not settled
};

struct HandOver {
    std::size_t rows = 0;       ///< the runtime hands over exactly so many now, oldest first; the rest stays with it
    Clock::steady_time again{}; ///< ask again then, if nothing else happens before; max() = nothing to ask for
};

struct ModeCounts {
    std::uint64_t records_processed = 0; ///< new rows
    std::uint64_t polls = 0;
    std::uint64_t errors = 0; ///< polls that failed, and polls of which a row was given up
    std::uint64_t missed = 0; ///< times a poll was due that got none of its own
    double uptime_seconds = 0;
};

/// Decides when a source is polled, for what, and how its rows go to the queue: the policy of one source. Has no thread
/// and no lock: used by one thread at a time, time comes from the Clock.
///
/// How the runtime calls it, for one source:
/// - `next_poll` while no poll runs, after anything happened (the start, the end of a poll, rows handed over or
/// settled,
///   `arrived`), and again when `due` has come: it polls when the answer is due, for the answer may have changed. It
///   asks at least once a minute, since a cron schedule follows the wall clock, which may be set.
/// - For each poll, once each and in this order: `poll_started` (with the last answer of `next_poll`), `poll_ended`,
///   `poll_settled`. Polls settle in any order, later ones may have started before. A poll that failed or had no new
///   row settles right after its end (ok = that of the end).
/// - `hand_over` after the end of a poll, after rows settled, and at `again`.
/// `next_poll` and `poll_settled` may wait for the CursorStore: not to be called with a lock that sources share, nor
/// from a SettlementListener.
class IngestionMode {
public:
    virtual ~IngestionMode() = default;
    [[nodiscard]] virtual IngestionKind kind() const noexcept = 0;
    [[nodiscard]] virtual PollPlan next_poll(const Backlog& backlog) = 0;
    virtual void poll_started(const PollPlan& plan) = 0;
    virtual void poll_ended(const PollPlan& plan, const PollEnd& end) = 0;
    /// Every row of the poll is acknowledged, dead-lettered or dropped by choice (ok), or some were given up. Only now
    /// a cursor moves.
    virtual void poll_settled(const PollPlan& plan, bool ok) = 0;
    [[nodiscard]] virtual HandOver hand_over(const Backlog& backlog) = 0;
    /// Something was pushed (see PushConnector): continuous_streaming polls at once, the others keep their schedule.
    /// May be told while a poll runs.
    virtual void arrived() = 0;
    [[nodiscard]] virtual ModeCounts counts() const = 0;
};

/// What a mode needs; lives longer than it.
struct ModeDependencies {
    Clock& clock;
    spdlog::logger& log;
    std::string source{};           ///< its name: in logs, and of its cursor
    CursorStore* cursors = nullptr; ///< null = a restart begins anew
    /// How many sources started before it in this process: spreads the first polls, see first_poll_delay.
    std::size_t place = 0;
};

} // namespace streaming
