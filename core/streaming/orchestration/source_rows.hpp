#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/streaming/ingestion/ingestion_mode.hpp"
#include "core/streaming/ingestion/source_context.hpp"
#include "core/streaming/reliability/id_fingerprint.hpp"

namespace streaming::detail {

/// The rows of one source between fetch and settlement, and the polls that brought them. A row is open from its poll
/// until it is settled; before it is handed to the queue it waits here. A poll that showed a row which was open already
/// is settled no sooner than the poll that brought that row. Used by one thread at a time.
class SourceRows {
public:
    struct Waiting {
        SourceRow row{};
        Clock::steady_time fetched{};
    };
    /// A poll all rows of which are settled.
    struct Poll {
        PollPlan plan{};
        bool planned = true;   ///< by the mode that the source still has
        bool ok = true;        ///< it was understood, and none of its rows was given up
        bool delivered = true; ///< no row is to be sent again: acknowledged, dead-lettered or discarded
        std::shared_ptr<Receipt> receipt{};
    };

    /// False when a row of that id is open already; the row is untouched then.
    [[nodiscard]] bool add(SourceRow& row, Clock::steady_time fetched);
    /// The rows added since the last call are those of this poll. Returned when there is nothing to wait for.
    [[nodiscard]] std::optional<Poll> end_poll(Poll poll);
    /// The mode that planned them is gone: its successor is not to be told of the polls so far.
    void forget_plans();

    [[nodiscard]] Waiting& next_waiting() noexcept { return waiting_.front(); } ///< that waited longest; there is one
    [[nodiscard]] Waiting take_waiting();                                       ///< the same
    void put_back(Waiting row) { waiting_.push_front(std::move(row)); }
    struct Done {
        bool rejected = false;
        std::vector<Poll> polls{}; ///< of which that was the last row
    };
    /// The row of an id is settled.
    [[nodiscard]] Done settle(std::string_view id, Settlement settlement);

    [[nodiscard]] Backlog backlog() const noexcept;
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
    [[nodiscard]] std::size_t open() const noexcept { return open_.size(); }

private:
    struct Open {
        std::uint64_t poll = 0;
        bool rejected = false;
    };
    struct OpenPoll {
        Poll poll{};
        std::size_t open = 0;                   ///< rows not settled, and polls it waits for
        std::vector<std::uint64_t> followers{}; ///< polls that wait for it
    };
    struct HashOfId {
        std::size_t operator()(const IdFingerprint& id) const noexcept { return id.low; }
    };
    void close(std::uint64_t number, std::vector<Poll>& closed);

    std::deque<Waiting> waiting_{};
    std::unordered_map<IdFingerprint, Open, HashOfId> open_{};
    std::map<std::uint64_t, OpenPoll> polls_{};
    std::uint64_t this_poll_ = 1;
    std::size_t waits_for_ = 0; ///< of this poll: its rows, and polls
};

} // namespace streaming::detail
