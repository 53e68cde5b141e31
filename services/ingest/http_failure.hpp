#pragma once

#include <string>
#include <string_view>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

[[nodiscard]] bool is_success(const streaming::HttpResponse& answer);

/// Why an answer is none: it names host and status, never the path, which may hold a key. `reason` is what the API
/// says.
[[nodiscard]] streaming::Error failure_of(const streaming::HttpResponse& answer, std::string_view url,
                                          const std::string& reason = {});

} // namespace services::ingest
