#include "core/streaming/ingestion/source_state_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/streaming/ingestion/source_state_codec.hpp"

namespace streaming {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::system_clock;

/// An answer with all of a big source would take longer than a store may.
constexpr std::size_t kShards = 8;
/// Entries written at once.
constexpr std::size_t kAtOnce = 10'000;
constexpr std::string_view kLists = "lists";

std::size_t shard_of(const RevisionLedger::Entry& entry) { return entry.key.high % kShards; }

std::int64_t day_of(system_clock::time_point time) { return std::chrono::floor<days>(time.time_since_epoch()).count(); }

} // namespace

std::string SourceStateStore::key_of(std::int64_t day, std::string_view part) const {
    return fmt::format("state:{}:{}:{}", scope_, day, part);
}

Result<std::vector<std::string>> SourceStateStore::fields(const std::string& key) {
    const StoreCommand command{.kind = StoreCommand::Kind::fields, .key = key};
    if (Status sent = store_.send({&command, 1}); !sent) {
        return sent.error();
    }
    if (Status received = store_.receive(replies_); !received) {
        return received.error();
    }
    return std::move(replies_.at(0).texts);
}

Result<std::size_t> SourceStateStore::load(SourceState& state, system_clock::time_point now) {
    state.clear();
    const std::uint32_t bucket = state.bucket_at(now);
    const std::uint32_t oldest = bucket == 0 ? 0 : bucket - 1;
    std::size_t unreadable = 0;
    for (std::int64_t day = day_of(system_clock::time_point(oldest * state.ttl())); day <= day_of(now); ++day) {
        const auto read = load_day(state, day, oldest);
        if (!read) {
            state.clear();
            return read.error();
        }
        unreadable += read.value();
    }
    return unreadable;
}

Result<std::size_t> SourceStateStore::load_day(SourceState& state, std::int64_t day, std::uint32_t oldest) {
    std::size_t unreadable = 0;
    for (std::size_t shard = 0; shard < kShards; ++shard) {
        const auto texts = fields(key_of(day, std::to_string(shard)));
        if (!texts) {
            return texts.error();
        }
        for (std::size_t i = 0; i + 1 < texts.value().size(); i += 2) {
            const auto entry = detail::read_revision(texts.value()[i], texts.value()[i + 1], state.ttl());
            if (!entry) {
                ++unreadable;
            } else if (entry->bucket >= oldest) {
                state.revisions().restore(*entry);
            }
        }
    }
    const auto texts = fields(key_of(day, kLists));
    if (!texts) {
        return texts.error();
    }
    for (std::size_t i = 0; i + 1 < texts.value().size(); i += 2) {
        auto listed = detail::read_listed(texts.value()[i], texts.value()[i + 1], state.ttl());
        if (!listed) {
            ++unreadable;
        } else if (listed->item.bucket >= oldest) {
            state.listings().restore(std::move(*listed));
        }
    }
    return unreadable;
}

Status SourceStateStore::save(SourceState& state, system_clock::time_point now) {
    if (!state.has_changes()) {
        return {};
    }
    std::vector<RevisionLedger::Entry> revisions;
    std::vector<SourceListings::Change> lists;
    state.revisions().take_changes(revisions);
    state.listings().take_changes(lists);
    Status saved = save_revisions(revisions, state, day_of(now));
    if (saved) {
        saved = save_lists(lists, state, day_of(now));
    }
    if (!saved) { // some may be stored: to write them again does no harm
        state.revisions().put_back(revisions);
        state.listings().put_back(lists);
    }
    return saved;
}

Status SourceStateStore::save_revisions(const std::vector<RevisionLedger::Entry>& changes, const SourceState& state,
                                        std::int64_t day) {
    std::array<std::string, kShards> bytes;
    for (const RevisionLedger::Entry& entry : changes) {
        detail::append_revision(bytes[shard_of(entry)], entry, state.ttl());
    }
    std::vector<std::string_view> members;
    for (std::size_t shard = 0; shard < kShards; ++shard) {
        members.clear();
        for (std::string_view rest = bytes[shard]; !rest.empty();) {
            for (const std::size_t size : {detail::kRevisionField, detail::kRevisionValue}) {
                members.push_back(rest.substr(0, size));
                rest.remove_prefix(size);
            }
        }
        if (Status written = put(key_of(day, std::to_string(shard)), members, state); !written) {
            return written;
        }
    }
    return {};
}

Status SourceStateStore::save_lists(const std::vector<SourceListings::Change>& changes, const SourceState& state,
                                    std::int64_t day) {
    std::vector<std::string> texts;
    texts.reserve(changes.size() * 2);
    for (const SourceListings::Change& change : changes) {
        texts.push_back(detail::field_of(change));
        texts.push_back(detail::value_of(change, state.ttl()));
    }
    return put(key_of(day, kLists), {texts.begin(), texts.end()}, state);
}

/// What is written today may be needed for two buckets from the next one's beginning.
Status SourceStateStore::put(const std::string& key, const std::vector<std::string_view>& members,
                             const SourceState& state) {
    const auto all = std::span(members);
    for (std::size_t first = 0; first < all.size(); first += 2 * kAtOnce) {
        const StoreCommand command{.kind = StoreCommand::Kind::put,
                                   .key = key,
                                   .members = all.subspan(first, std::min(2 * kAtOnce, all.size() - first)),
                                   .ttl = 2 * state.ttl() + days(1)};
        if (Status sent = store_.send({&command, 1}); !sent) {
            return sent;
        }
        if (Status received = store_.receive(replies_); !received) {
            return received;
        }
    }
    return {};
}

} // namespace streaming
