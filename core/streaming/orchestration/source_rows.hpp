#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "core/streaming/ingestion/ingestion_mode.hpp"
#include "core/streaming/ingestion/source_context.hpp"
#include "core/streaming/reliability/id_fingerprint.hpp"

namespace streaming::detail {

/// The rows of one source between fetch and settlement, and the polls that brought them. A row is open from its poll
/// until it is settled; before it is handed to the queue it waits here. Used by one thread at a time.
class SourceRows {
public:
    struct Waiting {
        SourceRow row{};
        Clock::steady_time fetched{};
    };
    struct Open {
        std::uint64_t poll = 0;
        bool rejected = false;
    };
    struct Poll {
        PollPlan plan{};
        std::size_t open = 0; ///< rows not settled
        bool ok = true;
    };

    /// False when a row of that id is open already; the row is untouched then.
    [[nodiscard]] bool add(SourceRow& row, Clock::steady_time fetched);
    /// The rows added since the last call are those of this poll.
    void end_poll(const PollPlan& plan, std::size_t rows, bool ok);
    /// The mode that planned them is gone: nobody asks any more when the polls so far are settled.
    void forget_plans() { polls_.clear(); }

    [[nodiscard]] Waiting take_waiting(); ///< the one that waited longest; there is one
    void put_back(Waiting row) { waiting_.push_front(std::move(row)); }
    /// The row of an id is settled. `poll` is the plan of its poll when that was the last row of it.
    struct Done {
        bool rejected = false;
        std::optional<Poll> poll{};
    };
    [[nodiscard]] Done settle(std::string_view id, bool ok);

    [[nodiscard]] Backlog backlog() const noexcept;
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
    [[nodiscard]] std::size_t open() const noexcept { return open_.size(); }

private:
    struct HashOfId {
        std::size_t operator()(const IdFingerprint& id) const noexcept { return id.low; }
    };
    std::deque<Waiting> waiting_{};
    std::unordered_map<IdFingerprint, Open, HashOfId> open_{};
    std::map<std::uint64_t, Poll> polls_{};
    std::uint64_t this_poll_ = 1;
};

} // namespace streaming::detail
