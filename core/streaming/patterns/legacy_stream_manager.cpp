#include "core/streaming/patterns/legacy_stream_manager.hpp"

#include <chrono>
#include <utility>

namespace streaming {

Result<std::string> LegacyStreamManager::start_streaming(std::unique_ptr<Connector> connector,
                                                         const StreamingConfig& config) {
    SourceSettings source{.source_type = "custom"};
    const Settings settings = manager_.settings();
    if (const auto known = settings.ingestion.sources.find(config.source_id);
        known != settings.ingestion.sources.end()) {
        source = known->second;
    }
    source.ingestion.mode = IngestionKind::continuous_streaming;
    source.ingestion.polling_interval = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::duration<double>(config.polling_interval_seconds));
    if (Status status = manager_.set_source_config(config.source_id, source); !status.ok()) {
        return status.error();
    }
    return manager_.start_stream(config.source_id, std::move(connector));
}

} // namespace streaming
