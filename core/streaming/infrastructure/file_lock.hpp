#pragma once

#include <filesystem>
#include <memory>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming::detail {

/// Keeps other processes off what a file stands for, by flock(2): the kernel gives it back when the process ends,
/// however it ends. Within the process the owners of one file share its lock, so that a part that ends slowly is not in
/// the way of its successor. The file stays: a lock on one that was removed would lock nothing.
class FileLock {
public:
    /// Makes the file when there is none. Null = another process has it. Error = it cannot be told: the file cannot be
    /// made, or its filesystem knows no locks. Thread-safe.
    [[nodiscard]] static Result<std::unique_ptr<FileLock>> take(const std::filesystem::path& file);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    explicit FileLock(std::filesystem::path file);

    const std::filesystem::path file_;
};

} // namespace streaming::detail
