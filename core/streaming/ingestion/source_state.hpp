#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/revision.hpp"
#include "core/streaming/ingestion/revision_ledger.hpp"
#include "core/streaming/ingestion/source_listings.hpp"

namespace streaming {

/// What one source has read so far: the content of each natural key, and what is on its lists. Handlers use it through
/// SourceContext. It is state of what was read, not of what was sent, so it may be saved before or after what it led to
/// was acknowledged: what is known is emitted again with each answer, under the same id, and goes out if it had not.
/// What was not seen for `ttl` to twice that is forgotten, as ids are. Used by one thread.
class SourceState {
public:
    explicit SourceState(std::chrono::seconds ttl = std::chrono::hours(48)) : ttl_(ttl) {}

    /// Called before the first use of each answer while it is not loaded. An error = it cannot be used yet: nothing of
    /// that answer may be sent.
    void load_with(std::function<Status()> load);
    void set_loaded(bool loaded) noexcept { loaded_ = loaded; }
    [[nodiscard]] bool is_loaded() const noexcept { return loaded_; }
    /// A handler has asked for it.
    [[nodiscard]] bool is_used() const noexcept { return used_; }

    Status begin_answer(std::chrono::system_clock::time_point now);
    /// The answer turned out to be none: nothing came to a list or left it.
    void reject_answer();

    Revision revision_of(std::string_view natural_key, const RevisionLedger::Hash& content);
    Revision revision_of(std::string_view natural_key, std::string_view content) {
        return revision_of(natural_key, content_hash_of(content));
    }
    void listed(std::string_view list, std::string_view natural_key, std::string_view kafka_key,
                std::string_view summary);
    void ended(std::string_view list, const std::function<bool(Ended&)>& use);
    [[nodiscard]] std::optional<Ended> find_ended(std::string_view list, std::string_view natural_key) const;

    /// Buckets get another length.
    void set_ttl(std::chrono::seconds ttl, std::chrono::system_clock::time_point now);
    [[nodiscard]] std::chrono::seconds ttl() const noexcept { return ttl_; }
    [[nodiscard]] std::uint32_t bucket_at(std::chrono::system_clock::time_point time) const noexcept;
    void list_changes() noexcept;
    [[nodiscard]] bool has_changes() const noexcept { return revisions_.has_changes() || listings_.has_changes(); }
    void clear(); ///< somebody else goes on with it
    [[nodiscard]] RevisionLedger& revisions() noexcept { return revisions_; }
    [[nodiscard]] SourceListings& listings() noexcept { return listings_; }

private:
    void forget_old();

    std::chrono::seconds ttl_;
    std::function<Status()> load_{};
    bool loaded_ = true;
    bool used_ = false;
    std::chrono::system_clock::time_point time_{};
    RevisionLedger::Moment now_{};
    std::uint32_t forgotten_in_ = 0; ///< bucket
    RevisionLedger revisions_{};
    SourceListings listings_{};
};

} // namespace streaming
