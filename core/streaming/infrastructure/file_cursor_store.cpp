#include "core/streaming/infrastructure/file_cursor_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "core/streaming/infrastructure/file_descriptor.hpp"

namespace streaming {

namespace {

using detail::FileDescriptor;
using std::filesystem::path;

constexpr std::size_t kLongestName = 200;
constexpr mode_t kFileMode = 0644;

/// Of the system call that just failed.
Error failure(const path& file, std::string_view doing) {
    const std::error_code code(errno, std::generic_category());
    return {.code = ErrorCode::unavailable,
            .message = fmt::format("{}: cannot be {}: {}", file.string(), doing, code.message()),
            .retryable = true};
}

/// open(2), again when a signal came.
FileDescriptor open_file(const path& file, int flags) {
    int number = -1;
    do {
        number = ::open(file.c_str(), flags | O_CLOEXEC, kFileMode);
    } while (number < 0 && errno == EINTR);
    return FileDescriptor(number);
}

Status write_all(const FileDescriptor& file, const path& name, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return failure(name, "written");
        }
        bytes.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return {};
}

Status flush(const FileDescriptor& file, const path& name) {
    return ::fsync(file.get()) == 0 ? Status() : failure(name, "flushed to the disk");
}

Status write_file(const path& name, std::string_view bytes) {
    const FileDescriptor file = open_file(name, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) {
        return failure(name, "opened");
    }
    if (Status written = write_all(file, name, bytes); !written) {
        return written;
    }
    return flush(file, name);
}

/// Makes a rename in it last.
Status flush_directory(const path& name) {
    const FileDescriptor directory = open_file(name, O_RDONLY | O_DIRECTORY);
    return directory ? flush(directory, name) : failure(name, "opened");
}

std::string safe_name(std::string_view name) {
    std::string safe;
    for (const char letter : name) {
        const bool plain = (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
                           (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
        safe += plain ? std::string(1, letter) : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    }
    return safe;
}

} // namespace

Result<path> FileCursorStore::path_of(std::string_view name) const {
    const std::string safe = safe_name(name);
    if (safe.empty() || safe.size() > kLongestName) {
        return Error{.code = ErrorCode::invalid_argument,
                     .message = fmt::format("cursor name '{}': is empty or too long for a file", name)};
    }
    return directory_ / (safe + ".cursor");
}

Result<std::optional<std::string>> FileCursorStore::load(std::string_view name) {
    const auto file_name = path_of(name);
    if (!file_name) {
        return file_name.error();
    }
    const FileDescriptor file = open_file(file_name.value(), O_RDONLY);
    if (!file) {
        if (errno == ENOENT) {
            return std::optional<std::string>{};
        }
        return failure(file_name.value(), "opened");
    }
    std::string value;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
        if (count == 0) {
            return std::optional(std::move(value));
        }
        if (count < 0 && errno != EINTR) {
            return failure(file_name.value(), "read");
        }
        value.append(buffer.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
    }
}

Status FileCursorStore::save(std::string_view name, std::string_view value) {
    const auto file_name = path_of(name);
    if (!file_name) {
        return file_name.error();
    }
    std::error_code made;
    std::filesystem::create_directories(directory_, made);
    if (made) {
        return Error{.code = ErrorCode::unavailable,
                     .message = fmt::format("{}: cannot be made: {}", directory_.string(), made.message()),
                     .retryable = true};
    }
    path beside = file_name.value();
    beside += ".new";
    if (Status written = write_file(beside, value); !written) {
        return written;
    }
    if (std::rename(beside.c_str(), file_name.value().c_str()) != 0) {
        return failure(file_name.value(), "renamed over");
    }
    return flush_directory(directory_);
}

} // namespace streaming
