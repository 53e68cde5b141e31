#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/revision.hpp"
#include "core/streaming/ingestion/revision_ledger.hpp"

namespace streaming {

/// The lists of what is active that a source reads, each with what is on it and what has left it. What was listed, or
/// ended, neither in this bucket nor in the one before is forgotten. Used by one thread.
class SourceListings {
public:
    using Moment = RevisionLedger::Moment;
    struct Item {
        std::string kafka_key{};
        std::string summary{};
        std::string note{};     ///< of its end
        std::string previous{}; ///< of its end
        std::uint32_t number = 0;
        std::uint32_t missing = 0; ///< answers in a row that did not have it
        std::int64_t ended_at = 0; ///< milliseconds since 1970; 0 = it is active
        std::uint32_t bucket = 0;  ///< listed or ended last

        // Of this process.
        std::uint32_t answer = 0;             ///< listed last
        std::uint32_t since = 0;              ///< answer that changed it last
        std::shared_ptr<const Item> before{}; ///< how it was before that answer; null = it came with it
        bool dirty = false;
    };

    /// It is active.
    void listed(std::string_view list, std::string_view natural_key, std::string_view kafka_key,
                std::string_view summary, const Moment& now);
    /// Calls `use` for each item that is missing in this answer: again and again once it has ended. The first time
    /// `use` may say no: then it has not ended yet, and is asked about again when the next answer lacks it too.
    void ended(std::string_view list, RevisionLedger& revisions, std::chrono::system_clock::time_point time,
               const Moment& now, const std::function<bool(Ended&)>& use);
    [[nodiscard]] std::optional<Ended> find_ended(std::string_view list, std::string_view natural_key) const;
    /// What this answer changed is as it was before.
    void reject(RevisionLedger& revisions, std::uint32_t answer);

    /// One item, as it is stored.
    struct Change {
        std::string list{};
        std::string natural_key{};
        Item item{};
    };
    void list_changes() noexcept { lists_changes_ = true; }
    [[nodiscard]] bool has_changes() const noexcept { return !changes_.empty(); }
    void take_changes(std::vector<Change>& into);
    void put_back(const std::vector<Change>& changes);
    void restore(Change stored); ///< as it was stored, in the order of that

    void forget_before(std::uint32_t bucket);
    void move_to(std::uint32_t bucket);
    void clear();
    [[nodiscard]] std::size_t size() const noexcept;

private:
    using Items = std::map<std::string, Item, std::less<>>; ///< by natural key

    [[nodiscard]] Item* find(std::string_view list, std::string_view natural_key);
    void changed(std::string_view list, std::string_view natural_key, Item& item);

    std::map<std::string, Items, std::less<>> lists_{};
    std::vector<std::pair<std::string, std::string>> changes_{}; ///< list and natural key
    bool lists_changes_ = false;
};

} // namespace streaming
