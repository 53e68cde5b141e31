#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// Remembers how far each source has come, across restarts. A port; used by one thread at a time, may block (a file's
/// fsync, a round trip). Names and values are bytes.
/// When `save` returned success, a process that is killed afterwards finds the value; when it failed or never returned,
/// `load` gives the new value or the one before, never a mixture.
class CursorStore {
public:
    virtual ~CursorStore() = default;
    /// nullopt = never saved.
    virtual Result<std::optional<std::string>> load(std::string_view name) = 0;
    virtual Status save(std::string_view name, std::string_view value) = 0;
};

} // namespace streaming
