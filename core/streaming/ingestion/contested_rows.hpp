#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/source_context.hpp"

namespace streaming {

/// Whether two are equal. Rows of an answer hardly ever have one key: fingerprints of the keys tell at once whether any
/// may.
[[nodiscard]] bool has_equal(const std::vector<std::uint64_t>& fingerprints);

/// Of the rows of one answer that have one id and say different things the first counts, the others are rejected: the
/// natural key is none, or the answer contradicts itself. What says the same twice stays, and so does what differs in
/// the time alone, which stands at `stamps` of the data (see SourceContext::stamps_at). `source` is its name.
void reject_contested(std::vector<SourceRow>& rows, std::string_view source,
                      const std::vector<std::string>& stamps = {});

} // namespace streaming
