#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/streaming/reliability/id_fingerprint.hpp"

namespace streaming {

/// The ids handled last, each with the time bucket it was marked in. When it is full the oldest goes, except that one
/// asked for since its last turn gets another ("second chance": least recently used, without touching memory on each
/// hit). A ring of entries and an open-addressed index of it, both grow with what they hold: no allocation for an
/// id, and little memory while there are few. Used by one thread.
class RecentIds {
public:
    explicit RecentIds(std::size_t capacity);

    /// Whether the id was marked in `oldest_bucket` or later.
    [[nodiscard]] bool contains(const IdFingerprint& id, std::int64_t oldest_bucket) noexcept;
    void insert(const IdFingerprint& id, std::int64_t bucket);
    /// Fetches what `contains` and `insert` will read first; worth it some ids ahead.
    void prefetch(const IdFingerprint& id) const noexcept { __builtin_prefetch(&index_[home_of(tag_of(id))]); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        IdFingerprint id{};
        std::int64_t bucket = 0;
        bool asked = false;
    };
    /// `tag` is a part of the hash that also tells where the search for the id begins: looking for one and moving slots
    /// read no entries but the one that is meant.
    struct Slot {
        std::uint32_t tag = 0;
        std::uint32_t entry = kFree;
    };
    static constexpr std::uint32_t kFree = 0xFFFFFFFFU;

    [[nodiscard]] static std::uint32_t tag_of(const IdFingerprint& id) noexcept {
        return static_cast<std::uint32_t>(id.low);
    }
    [[nodiscard]] std::size_t home_of(std::uint32_t tag) const noexcept { return tag & (index_.size() - 1); }
    [[nodiscard]] std::size_t find_slot(const IdFingerprint& id) const noexcept;
    [[nodiscard]] std::size_t slot_of_entry(std::uint32_t entry) const noexcept;
    void free_slot(std::size_t slot) noexcept;
    void grow_index();
    [[nodiscard]] std::uint32_t evict() noexcept;

    std::size_t capacity_;
    std::vector<Entry> entries_{};
    std::vector<Slot> index_;
    std::size_t hand_ = 0;
};

} // namespace streaming
