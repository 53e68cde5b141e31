#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/streaming/infrastructure/cursor_store.hpp"

namespace streaming::detail {

/// The cursors of a source that several processes share: who does not own it any more saves none, for the owner may
/// have come further.
class OwnedCursors final : public CursorStore {
public:
    OwnedCursors(std::unique_ptr<CursorStore> cursors, std::function<bool()> owned)
        : cursors_(std::move(cursors)), owned_(std::move(owned)) {}

    Result<std::optional<std::string>> load(std::string_view name) override { return cursors_->load(name); }
    Status save(std::string_view name, std::string_view value) override {
        if (!owned_()) {
            return Error{.code = ErrorCode::assignment_lost, .message = "another process polls the source"};
        }
        return cursors_->save(name, value);
    }

private:
    std::unique_ptr<CursorStore> cursors_;
    std::function<bool()> owned_;
};

} // namespace streaming::detail
