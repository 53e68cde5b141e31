#include "core/streaming/infrastructure/durable_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace streaming::detail {

namespace {

using std::filesystem::path;

constexpr mode_t kFileMode = 0644;

Status write_file(const path& name, std::string_view bytes) {
    const FileDescriptor file = open_file(name, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) {
        return file_failure(name, "opened");
    }
    if (Status written = write_all(file, name, bytes); !written) {
        return written;
    }
    return flush_to_disk(file, name);
}

} // namespace

Error file_failure(const path& file, std::string_view doing) {
    const std::error_code code(errno, std::generic_category());
    return {.code = ErrorCode::unavailable,
            .message = fmt::format("{}: cannot be {}: {}", file.string(), doing, code.message()),
            .retryable = true};
}

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
            return file_failure(name, "written");
        }
        bytes.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return {};
}

Status flush_to_disk(const FileDescriptor& file, const path& name) {
    return ::fsync(file.get()) == 0 ? Status() : file_failure(name, "flushed to the disk");
}

Status flush_directory(const path& name) {
    const FileDescriptor directory = open_file(name, O_RDONLY | O_DIRECTORY);
    return directory ? flush_to_disk(directory, name) : Status(file_failure(name, "opened"));
}

Result<std::string> read_all(const FileDescriptor& file, const path& name) {
    std::string value;
    std::array<char, 65'536> buffer{};
    for (;;) {
        const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
        if (count == 0) {
            return value;
        }
        if (count < 0 && errno != EINTR) {
            return file_failure(name, "read");
        }
        value.append(buffer.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
    }
}

Status make_directory(const path& directory) {
    std::error_code made;
    std::filesystem::create_directories(directory, made);
    return made ? Status(Error{.code = ErrorCode::unavailable,
                               .message = fmt::format("{}: cannot be made: {}", directory.string(), made.message()),
                               .retryable = true})
                : Status();
}

Status replace_file(const path& file, std::string_view bytes) {
    path beside = file;
    beside += ".new";
    if (Status written = write_file(beside, bytes); !written) {
        return written;
    }
    if (std::rename(beside.c_str(), file.c_str()) != 0) {
        return file_failure(file, "renamed over");
    }
    return flush_directory(file.parent_path());
}

std::string safe_file_name(std::string_view name) {
    std::string safe;
    for (const char letter : name) {
        const bool plain = (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
                           (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
        safe += plain ? std::string(1, letter) : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    }
    return safe;
}

} // namespace streaming::detail
