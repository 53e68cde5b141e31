#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/revision.hpp"

namespace streaming {

/// Which content each natural key of a source was read with last, as hashes: tells what was revised from what was read
/// again. It is state of what was read, not of what was sent. Time goes in buckets, which the caller counts: what was
/// not seen in this one or the one before is forgotten. About 70 bytes an entry. Used by one thread.
class RevisionLedger {
public:
    /// XXH3-128 of a natural key, the same in each process.
    struct Key {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
        friend bool operator==(const Key&, const Key&) = default;
    };
    /// What of derive_uuid_v8 is not its time.
    using Hash = std::array<std::uint8_t, 10>;
    /// One key, as it is stored.
    struct Entry {
        Key key{};
        Hash content{};
        Hash previous{};
        std::uint32_t number : 29 = 0;
        bool ended : 1 = false;    ///< `number` is that of its end: what is read next is another revision
        bool returned : 1 = false; ///< see Revision
        bool dirty : 1 = false;    ///< stands in the list of what was changed
        std::uint32_t bucket = 0;  ///< seen last
        std::uint32_t answer = 0;  ///< seen last, of this process
    };

    static_assert(sizeof(Entry) == 48);

    /// Where the caller is in time. Answers count from 1 in each process.
    struct Moment {
        std::uint32_t bucket = 0;
        std::uint32_t answer = 0;
    };
    /// A key that stands twice in one answer has the content that came first.
    Revision see(std::string_view natural_key, const Hash& content, const Moment& now);
    /// Gives the end of a thing a number; nothing when the key is not known.
    std::optional<Revision> end(std::string_view natural_key);
    /// Takes that back.
    void undo_end(std::string_view natural_key);

    /// From here on changes are listed.
    void list_changes() noexcept { lists_changes_ = true; }
    [[nodiscard]] bool has_changes() const noexcept { return !changes_.empty(); }
    /// Moves what was changed since into `into`.
    void take_changes(std::vector<Entry>& into);
    /// They were not stored: they are changes again.
    void put_back(const std::vector<Entry>& changes);
    /// An entry as it was stored; a newer one of its key stays.
    void restore(const Entry& entry);

    /// Forgets what was not seen for two buckets. Not while changes are listed that were not taken.
    void forget_before(std::uint32_t bucket);
    /// All that is known was seen in this bucket: buckets have another length now.
    void move_to(std::uint32_t bucket);
    void clear();
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    static constexpr std::uint32_t kFree = 0xFFFFFFFFU;

    [[nodiscard]] std::size_t slot_of(const Key& key) const noexcept;
    [[nodiscard]] Entry* entry_of(const Key& key) noexcept; ///< null = not known
    Entry& insert(const Key& key);
    void changed(Entry& entry);
    void make_index();

    std::vector<Entry> entries_{};
    std::vector<std::uint32_t> index_{}; ///< a power of two, at most half of it used; linear probing
    std::vector<std::uint32_t> changes_{};
    bool lists_changes_ = false;
};

[[nodiscard]] RevisionLedger::Hash content_hash_of(std::string_view content);
/// A text that content_text gave, as it was; of any other text, its hash.
[[nodiscard]] RevisionLedger::Hash content_hash_from(std::string_view text);
/// The hash of a content as text of 36 characters: derive_uuid_v8 of it alone, without time.
[[nodiscard]] std::string content_text(const RevisionLedger::Hash& hash);

} // namespace streaming
