#include "core/streaming/ingestion/ingestion_mode_factory.hpp"

#include "core/streaming/ingestion/batch_mode.hpp"
#include "core/streaming/ingestion/continuous_streaming_mode.hpp"
#include "core/streaming/ingestion/real_time_mode.hpp"

namespace streaming {

Result<std::unique_ptr<IngestionMode>> IngestionModeFactory::create_mode(const IngestionOptions& options,
                                                                         const Dependencies& dependencies) {
    using Mode = std::unique_ptr<IngestionMode>;
    switch (options.mode) {
        case IngestionKind::batch:
            return BatchMode::create(options, dependencies);
        case IngestionKind::real_time:
            return Mode(std::make_unique<RealTimeMode>(options, dependencies));
        case IngestionKind::continuous_streaming:
            return Mode(std::make_unique<ContinuousStreamingMode>(options, dependencies));
    }
    return Error{.code = ErrorCode::invalid_argument, .message = "no such mode"};
}

} // namespace streaming
