#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"

namespace streaming {

/// What a service is told from outside: by flags, configuration files and the environment (run_service), or by a test.
struct Settings {
    KafkaOptions kafka{};
    std::optional<RedisOptions> redis{};
    std::optional<DeduplicationOptions> deduplication{};
    std::optional<ErrorHandlingOptions> error_handling{};
    std::string name_space{"paper"};            ///< {namespace} of topic names
    std::string group_id_prefix{"tributary"};   ///< {group_id_prefix} of consumer groups
    std::string admin{};                        ///< host:port of the admin endpoint; empty = none
    std::map<std::string, std::string> flags{}; ///< the service's own flags, see ServiceProgram
    bool shadow = false;           ///< handlers run, nothing is produced: what would have been is counted and logged
    std::string shadow_log{};      ///< file for one line of JSON a record that was not produced; empty = none
    IngestionSettings ingestion{}; ///< what the stream manager acts on; services leave it alone

    /// Value of one of the service's own flags.
    [[nodiscard]] const std::string& flag(const std::string& name) const;
};

} // namespace streaming
