#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "services/trading/events.hpp"

namespace services::trading {

/// What the fills of every instrument and namespace add up to. Its memory is the topic of positions: `learn` takes what
/// stands there, `apply` makes the next record for it. A fill counts once, however often it comes: by its place on the
/// topic of fills, and by its signal among those that were applied last.
/// Thread-safe: one flow applies, another learns. `apply` of one instrument is called in the order of the topic.
class PositionBook {
public:
    /// `remembered`: signals known to be applied, the oldest goes first.
    explicit PositionBook(std::size_t remembered = 100'000) : remembered_(remembered) {}

    enum class Outcome {
        applied,        ///< the position changed
        applied_before, ///< this very record was applied: it comes again, or is tried again
        repeated,       ///< another record of a fill that was applied: counts once
        out_of_date     ///< stands before the last applied one, and its signal was not remembered
    };
    /// Whatever the outcome, `record` is the newest position of the instrument, with this fill's signal: once it is on
    /// the topic of positions, neither the position nor the signal can be forgotten.
    struct Applied {
        Outcome outcome = Outcome::applied;
        PositionRecord record{};
    };
    /// Throws PermanentError when the position would not fit 64 bits.
    [[nodiscard]] Applied apply(const Fill& fill, const Place& place);

    /// A record of the topic of positions, in its order. Returns what must be sent again, if anything: a former owner's
    /// record that came late would stand as the last one. Only the book that made the newest record answers, and only
    /// while it has not made a newer one since: so one book does, once.
    [[nodiscard]] std::optional<PositionRecord> learn(const PositionRecord& record);

    [[nodiscard]] std::int64_t position(const std::string& name_space, std::int64_t instrument_token) const;

private:
    struct Instrument {
        std::optional<PositionRecord> newest{}; ///< made or learned
        bool made_here = false;                 ///< newest came of `apply`
        std::int64_t on_topic = 0;              ///< most `fills` of the records learned
    };
    using Key = std::pair<std::string, std::int64_t>; ///< namespace, instrument

    void remember(const Order& order);

    const std::size_t remembered_;
    mutable std::mutex book_mutex_{}; ///< guards all below
    std::map<Key, Instrument> instruments_{};
    std::unordered_set<std::string> applied_signals_{};
    std::deque<const std::string*> oldest_signals_{}; ///< into the set, in order of coming
};

} // namespace services::trading
