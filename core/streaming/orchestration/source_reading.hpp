#pragma once

#include <spdlog/fwd.h>
#include <memory>
#include <optional>
#include <string>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/connection_manager.hpp"
#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/ingestion/source_state.hpp"
#include "core/streaming/ingestion/source_state_store.hpp"
#include "core/streaming/reliability/outage_backoff.hpp"

namespace streaming::detail {

/// Where a source keeps its marks and what it has read: Redis, else a file in the directory, else nowhere (null).
[[nodiscard]] std::unique_ptr<KeyValueStore> open_source_store(ConnectionManager& connections, Clock& clock,
                                                               const std::string& directory, const std::string& source);

/// What one source has read, across restarts. A source whose handler never asks for it does not load it. One that does
/// polls nothing while it cannot be loaded: what is empty by accident would take revisions for new, and miss ends.
/// Saving may fail: the source goes on from memory, and the next save writes what is missing. Used by one thread.
class SourceReading {
public:
    struct Dependencies {
        KeyValueStore* store = nullptr; ///< null = it lasts as long as the process
        Clock& clock;
        spdlog::logger& log;
    };
    SourceReading(const Dependencies& dependencies, std::string scope, std::chrono::seconds ttl);
    SourceReading(const SourceReading&) = delete;
    SourceReading& operator=(const SourceReading&) = delete;

    [[nodiscard]] SourceState& state() noexcept { return state_; }
    /// Before a poll, and again before its answer is believed: the state is loaded, or nobody asked for it so far.
    Status ready();
    /// After each answer, before what it led to is sent: so a state that was seen on the topic is never forgotten.
    void save();
    /// Another process had the source meanwhile.
    void reload();
    /// Other options. Another scope is another memory.
    void configure(std::string scope, std::chrono::seconds ttl);

private:
    Status load();

    Dependencies dependencies_;
    std::string scope_;
    SourceState state_;
    std::optional<SourceStateStore> saved_{};
    OutageBackoff outage_;
    Error last_error_{};
};

} // namespace streaming::detail
