#pragma once

#include <memory>

#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/ingestion_mode.hpp"

namespace streaming {

/// Makes the mode that `options.mode` names.
class IngestionModeFactory {
public:
    using Dependencies = ModeDependencies;
    /// Opens nothing. The error (invalid_argument) is one that `options.validate` reports as well: a schedule or date
    /// that is none.
    [[nodiscard]] static Result<std::unique_ptr<IngestionMode>> create_mode(const IngestionOptions& options,
                                                                            const Dependencies& dependencies);
};

} // namespace streaming
