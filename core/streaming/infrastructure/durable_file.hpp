#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/file_descriptor.hpp"
#include "core/streaming/infrastructure/result.hpp"

// What it takes to write a file that a crash of the process or of the machine leaves whole. Errors name the file and
// are retryable.

namespace streaming::detail {

/// Of the system call that just failed: "<file>: cannot be <doing>: <why>".
[[nodiscard]] Error file_failure(const std::filesystem::path& file, std::string_view doing);
/// open(2), again when a signal came; closed on exec, made with mode 0644.
[[nodiscard]] FileDescriptor open_file(const std::filesystem::path& file, int flags);
Status write_all(const FileDescriptor& file, const std::filesystem::path& name, std::string_view bytes);
Status flush_to_disk(const FileDescriptor& file, const std::filesystem::path& name);
/// Makes last what was made or renamed in it.
Status flush_directory(const std::filesystem::path& name);
/// All of it. A file that is not there is an error too: look at errno first, by open_file.
Result<std::string> read_all(const FileDescriptor& file, const std::filesystem::path& name);
/// Makes the directory when there is none.
Status make_directory(const std::filesystem::path& directory);
/// Writes a file beside it, flushes that, renames it over the old one and flushes the directory.
Status replace_file(const std::filesystem::path& file, std::string_view bytes);
/// Everything but A-Z a-z 0-9 _ - as %XX.
[[nodiscard]] std::string safe_file_name(std::string_view name);

} // namespace streaming::detail
