#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/ingestion/source_state.hpp"

namespace streaming {

/// Keeps a SourceState in a key-value store: hashes `state:{scope}:{day}:{shard}`, a field for each key that was
/// changed on that day, or seen again for the first time in a while, and `state:{scope}:{day}:lists` for what is
/// listed. Only what changed is written, about 60 bytes each. Hashes go when nothing in them is remembered any more.
/// Used by one thread. Borrows the store, which nobody else may be waiting for an answer of, and which must outlive it.
class SourceStateStore {
public:
    SourceStateStore(KeyValueStore& store, std::string scope) : store_(store), scope_(std::move(scope)) {}

    /// The state is what is stored, and nothing else. Gives how many entries could not be read. After an error the
    /// state is empty.
    Result<std::size_t> load(SourceState& state, std::chrono::system_clock::time_point now);
    /// Stores what changed. What failed is a change again, and goes with the next save.
    Status save(SourceState& state, std::chrono::system_clock::time_point now);

private:
    [[nodiscard]] std::string key_of(std::int64_t day, std::string_view part) const;
    Result<std::vector<std::string>> fields(const std::string& key);
    Result<std::size_t> load_day(SourceState& state, std::int64_t day, std::uint32_t oldest);
    Status save_revisions(const std::vector<RevisionLedger::Entry>& changes, const SourceState& state,
                          std::int64_t day);
    Status save_lists(const std::vector<SourceListings::Change>& changes, const SourceState& state, std::int64_t day);
    Status put(const std::string& key, const std::vector<std::string_view>& members, const SourceState& state);

    KeyValueStore& store_;
    const std::string scope_;
    std::vector<StoreReply> replies_{}; // scratch
};

} // namespace streaming
