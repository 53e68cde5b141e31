#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/streaming/infrastructure/cursor_store.hpp"

namespace streaming {

/// One file for each name in a directory, which is made by the first `save`. A value is written to a file beside it,
/// flushed to the disk, and renamed over the old one; then the directory is flushed: a crash of the process or the
/// machine leaves the old value or the new one. Two stores may share a directory while their names differ.
/// Names become file names with everything but A-Z a-z 0-9 _ - as %XX; one of more than 200 such characters is refused.
class FileCursorStore final : public CursorStore {
public:
    explicit FileCursorStore(std::filesystem::path directory) : directory_(std::move(directory)) {}
    Result<std::optional<std::string>> load(std::string_view name) override;
    Status save(std::string_view name, std::string_view value) override;

private:
    [[nodiscard]] Result<std::filesystem::path> path_of(std::string_view name) const;

    std::filesystem::path directory_;
};

} // namespace streaming
