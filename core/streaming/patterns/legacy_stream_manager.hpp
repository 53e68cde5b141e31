#pragma once

#include <memory>
#include <string>

#include "core/streaming/patterns/stream_manager.hpp"

namespace streaming {

/// What older code says about a stream.
struct StreamingConfig {
    std::string source_id{};
    double polling_interval_seconds = 30;
};

/// A thin front for code that was written before there was a configuration: one call starts polling a connector. The
/// stream runs in a StreamManager like any other, in mode continuous_streaming. See docs/migration.md.
/// Thread-safe. Borrows the manager, which must be started.
class LegacyStreamManager {
public:
    explicit LegacyStreamManager(StreamManager& manager) : manager_(manager) {}

    /// A source that the configuration has keeps all of it but the interval; another one gets the defaults. Returns the
    /// stream id.
    Result<std::string> start_streaming(std::unique_ptr<Connector> connector, const StreamingConfig& config);
    Status stop_streaming(const std::string& stream_id) { return manager_.stop_stream(stream_id); }

private:
    StreamManager& manager_;
};

} // namespace streaming
