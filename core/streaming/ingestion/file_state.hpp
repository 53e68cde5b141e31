#pragma once

#include <cstdint>
#include <filesystem>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming::detail {

/// What tells that a file changed.
struct FileState {
    std::filesystem::file_time_type modified{};
    std::uintmax_t size = 0;
    friend bool operator==(const FileState&, const FileState&) = default;
};

/// An Error, to be tried again, when there is no such file or it is no regular one: a pipe would block.
[[nodiscard]] Result<FileState> look_at_file(const std::filesystem::path& path);

} // namespace streaming::detail
