#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/ingestion/revision_ledger.hpp"
#include "core/streaming/ingestion/source_listings.hpp"

namespace streaming::detail {

// How the state of a source stands in a store: a field and a value in bytes, numbers with the lowest byte first. The
// time is stored in seconds since 1970, not in buckets: their length may change.

inline constexpr std::size_t kRevisionField = 16;
inline constexpr std::size_t kRevisionValue = 28;

/// Field, then value.
void append_revision(std::string& into, const RevisionLedger::Entry& entry, std::chrono::seconds bucket);
[[nodiscard]] std::optional<RevisionLedger::Entry> read_revision(std::string_view field, std::string_view value,
                                                                 std::chrono::seconds bucket);

[[nodiscard]] std::string field_of(const SourceListings::Change& change);
[[nodiscard]] std::string value_of(const SourceListings::Change& change, std::chrono::seconds bucket);
[[nodiscard]] std::optional<SourceListings::Change> read_listed(std::string_view field, std::string_view value,
                                                                std::chrono::seconds bucket);

} // namespace streaming::detail
