#pragma once

#include <string>
#include <vector>

#include "core/streaming/patterns/settings.hpp"

namespace streaming {

/// Reads configuration files (YAML or JSON, merged left to right) and the environment over `settings`. Known keys:
///   kafka: {bootstrap_servers, client_id, compression_type, allow_insecure, properties: {any librdkafka property}}
///   redis: {url, connect_timeout_ms, command_timeout_ms}
///   deduplication: {enabled, ttl_seconds, local_cache_ids, on_store_error: process|pause}
///   error_handling: {max_attempts, first_delay_ms, max_delay_ms, on_exhausted: dead_letter|stop|drop, strict_types,
///                    on_handler_timeout: report|exit}
///   namespace, group_id_prefix, admin, flags: {the service's own}
/// Keys of the stream manager (throttling, queue_*, sources, topics, ...) are accepted and not looked at here.
/// Returns every problem, each with file:line:column, what is there and what is allowed; what is wrong is left as it
/// was.
[[nodiscard]] Problems read_settings(Settings& settings, const std::vector<std::string>& files,
                                     const char* const* environment);

/// The same, throwing ConfigError when there are problems.
[[nodiscard]] Settings load_settings(Settings settings, const std::vector<std::string>& files,
                                     const char* const* environment);

} // namespace streaming
