#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/cursor_store.hpp"

namespace streaming {

/// Remembers while the process lives: what a source has when neither Redis nor a state directory is configured. It lets
/// a source that is stopped and started again, or given other settings, go on where it was. Used by one thread at a
/// time.
class MemoryCursorStore final : public CursorStore {
public:
    Result<std::optional<std::string>> load(std::string_view name) override {
        const auto found = values_.find(name);
        return found == values_.end() ? std::nullopt : std::optional(found->second);
    }
    Status save(std::string_view name, std::string_view value) override {
        values_.insert_or_assign(std::string(name), std::string(value));
        return {};
    }

private:
    std::map<std::string, std::string, std::less<>> values_{};
};

} // namespace streaming
