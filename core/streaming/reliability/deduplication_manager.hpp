#pragma once

#include <spdlog/fwd.h>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/reliability/id_fingerprint.hpp"

namespace streaming {

/// Remembers which events were handled, so that a redelivered one is skipped. Key style `rolling_set`: sets named
/// `dedup:{scope}:{bucket}`, a bucket is ttl long and kept for two, so an id is known for ttl to 2 * ttl; `per_id`: a
/// key `dedup:{scope}:{id}` for ttl. A local cache is asked first. How an id stands in the store: IdLayout. Only marked
/// ids are ever duplicates. Without a store, only the local cache remembers. Used by one thread. Borrows the store and
/// the clock, which must outlive it. A store failure is returned and counted, never hidden; the caller chooses.
class DeduplicationManager {
public:
    struct Dependencies {
        KeyValueStore* store = nullptr; ///< null = local only
        Clock& clock;
        spdlog::logger& log;
    };
    DeduplicationManager(const Dependencies& dependencies, const DeduplicationOptions& options, std::string scope);
    ~DeduplicationManager();
    DeduplicationManager(const DeduplicationManager&) = delete;
    DeduplicationManager& operator=(const DeduplicationManager&) = delete;

    /// One id, one round trip. Nothing may be open from begin_check.
    Result<bool> is_duplicate(std::string_view id);
    Status mark_processed(std::string_view id);

    /// Pipelined: `begin_check` asks for many ids without waiting, `finish_check` gives the answers of the oldest
    /// unanswered begin_check (`duplicates[i]` non-zero = skip; sized by it). At most two may be open. The views live
    /// until finish_check. A begin_check that failed is open like any other: its finish_check returns the same error.
    /// After any error `duplicates` holds what the local cache knew, everything outstanding is forgotten, and marks not
    /// known to be stored are queued again. Marks queued by `mark` go out with the next begin_check; one that asks
    /// nothing and has no marks sends nothing.
    Status begin_check(std::span<const std::string_view> ids);
    Status finish_check(std::vector<std::uint8_t>& duplicates);

    /// Remembers ids locally at once and in the store with the next begin_check or flush. Copies them. While the store
    /// is away as many wait as the local cache holds, the oldest go first.
    void mark(std::span<const std::string_view> ids);
    /// Marks a known id again when its mark is of an earlier bucket: so it is remembered for as long as it is seen, and
    /// for ttl after that.
    void keep(std::string_view id);
    /// Sends queued marks and waits until all marks are stored. Call before a commit. Nothing may be open from
    /// begin_check.
    Status flush();
    [[nodiscard]] bool has_unflushed_marks() const noexcept;

    [[nodiscard]] std::uint64_t store_errors() const noexcept;
    [[nodiscard]] bool has_store() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace streaming
