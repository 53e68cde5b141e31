#include "core/streaming/ingestion/revision_ledger.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

#include "core/streaming/infrastructure/event_id.hpp"

namespace streaming {
namespace {

constexpr std::size_t kSmallestIndex = 64;
constexpr std::chrono::system_clock::time_point kNoTime{};

RevisionLedger::Key key_of(std::string_view natural_key) noexcept {
    const XXH128_hash_t hash = XXH3_128bits(natural_key.data(), natural_key.size());
    return {hash.low64, hash.high64};
}

RevisionLedger::Hash last_of(const Uuid& uuid) {
    RevisionLedger::Hash hash{};
    std::copy(uuid.end() - static_cast<std::ptrdiff_t>(hash.size()), uuid.end(), hash.begin());
    return hash;
}

Revision revision_of(const RevisionLedger::Entry& entry) {
    if (entry.number == 0) {
        return {};
    }
    return {.number = entry.number,
            .previous = content_text(entry.previous),
            .content = content_text(entry.content),
            .returned = entry.returned};
}

} // namespace

RevisionLedger::Hash content_hash_of(std::string_view content) {
    const std::array<std::string_view, 1> parts{content};
    return last_of(derive_uuid_v8(kNoTime, parts, 0));
}

RevisionLedger::Hash content_hash_from(std::string_view text) {
    const auto uuid = parse_uuid(text);
    return uuid ? last_of(*uuid) : content_hash_of(text);
}

std::string content_text(const RevisionLedger::Hash& hash) {
    Uuid uuid{};
    std::ranges::copy(hash, uuid.end() - static_cast<std::ptrdiff_t>(hash.size()));
    return to_string(uuid);
}

Revision RevisionLedger::see(std::string_view natural_key, const Hash& content, const Moment& now) {
    const Key key = key_of(natural_key);
    Entry* known = entry_of(key);
    if (known == nullptr || known->bucket + 1 < now.bucket) { // forgotten, though it may still be there
        Entry& entry = known == nullptr ? insert(key) : *known;
        const bool dirty = entry.dirty;
        entry = {.key = key, .content = content, .dirty = dirty, .bucket = now.bucket, .answer = now.answer};
        changed(entry);
        return {};
    }
    const bool first = known->answer != now.answer;
    known->answer = now.answer;
    if (first && (known->ended || known->content != content)) {
        known->previous = std::exchange(known->content, content);
        ++known->number;
        known->returned = known->ended;
        known->ended = false;
        changed(*known);
    }
    if (known->bucket < now.bucket) {
        known->bucket = now.bucket;
        changed(*known);
    }
    return revision_of(*known);
}

std::optional<Revision> RevisionLedger::end(std::string_view natural_key) {
    Entry* known = entry_of(key_of(natural_key));
    if (known == nullptr) {
        return std::nullopt;
    }
    if (!known->ended) {
        known->ended = true;
        ++known->number;
        changed(*known);
    }
    return Revision{.number = known->number, .previous = content_text(known->content)};
}

void RevisionLedger::undo_end(std::string_view natural_key) {
    Entry* known = entry_of(key_of(natural_key));
    if (known != nullptr && known->ended) {
        known->ended = false;
        --known->number;
        changed(*known);
    }
}

void RevisionLedger::take_changes(std::vector<Entry>& into) {
    into.clear();
    into.reserve(changes_.size());
    for (const std::uint32_t at : changes_) {
        entries_[at].dirty = false;
        into.push_back(entries_[at]);
    }
    changes_.clear();
}

void RevisionLedger::put_back(const std::vector<Entry>& changes) {
    for (const Entry& change : changes) {
        if (Entry* entry = entry_of(change.key)) {
            changed(*entry);
        }
    }
}

void RevisionLedger::restore(const Entry& entry) {
    Entry* known = entry_of(entry.key);
    if (known == nullptr) {
        known = &insert(entry.key);
    } else if (known->bucket > entry.bucket || (known->bucket == entry.bucket && known->number >= entry.number)) {
        return;
    }
    const bool dirty = known->dirty;
    *known = entry;
    known->dirty = dirty;
    known->answer = 0;
}

void RevisionLedger::forget_before(std::uint32_t bucket) {
    const auto forgotten = [&](const Entry& entry) { return entry.bucket + 1 < bucket; };
    if (!changes_.empty() || std::erase_if(entries_, forgotten) == 0) {
        return;
    }
    entries_.shrink_to_fit();
    make_index();
}

void RevisionLedger::move_to(std::uint32_t bucket) {
    for (Entry& entry : entries_) {
        entry.bucket = bucket;
        changed(entry);
    }
}

void RevisionLedger::clear() {
    entries_.clear();
    changes_.clear();
    make_index();
}

/// Where the key stands in the index, or would.
std::size_t RevisionLedger::slot_of(const Key& key) const noexcept {
    std::size_t slot = key.low & (index_.size() - 1);
    while (index_[slot] != kFree && entries_[index_[slot]].key != key) {
        slot = (slot + 1) & (index_.size() - 1);
    }
    return slot;
}

RevisionLedger::Entry* RevisionLedger::entry_of(const Key& key) noexcept {
    if (index_.empty()) {
        return nullptr;
    }
    const std::uint32_t at = index_[slot_of(key)];
    return at == kFree ? nullptr : &entries_[at];
}

RevisionLedger::Entry& RevisionLedger::insert(const Key& key) {
    entries_.push_back({.key = key});
    if (entries_.size() * 2 > index_.size()) {
        make_index();
    } else {
        index_[slot_of(key)] = static_cast<std::uint32_t>(entries_.size() - 1);
    }
    return entries_.back();
}

void RevisionLedger::changed(Entry& entry) {
    if (lists_changes_ && !entry.dirty) {
        entry.dirty = true;
        changes_.push_back(static_cast<std::uint32_t>(&entry - entries_.data()));
    }
}

void RevisionLedger::make_index() {
    index_.assign(std::bit_ceil(std::max(kSmallestIndex, entries_.size() * 2)), kFree);
    for (std::size_t at = 0; at < entries_.size(); ++at) {
        index_[slot_of(entries_[at].key)] = static_cast<std::uint32_t>(at);
    }
}

} // namespace streaming
