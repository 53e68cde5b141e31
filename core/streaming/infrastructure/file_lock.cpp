#include "core/streaming/infrastructure/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstddef>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include "core/streaming/infrastructure/durable_file.hpp"
#include "core/streaming/infrastructure/file_descriptor.hpp"

namespace streaming::detail {

namespace {

struct Held {
    FileDescriptor file{};
    std::size_t owners = 0;
};

/// One for the process, as the locks are: flock tells descriptors apart, not who opened them.
struct Table {
    std::mutex held_mutex{};
    std::map<std::filesystem::path, Held> held{};
};

Table& table() {
    static Table one;
    return one;
}

std::filesystem::path whole(const std::filesystem::path& file) {
    std::error_code failure;
    auto name = std::filesystem::weakly_canonical(file, failure);
    return failure ? file : name;
}

/// 0, or what was wrong.
int lock_at_once(const FileDescriptor& file) {
    while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

} // namespace

FileLock::FileLock(std::filesystem::path file) : file_(std::move(file)) {}

/// The descriptor is closed before somebody here can ask again.
FileLock::~FileLock() {
    const std::lock_guard lock(table().held_mutex);
    const auto mine = table().held.find(file_);
    if (mine != table().held.end() && --mine->second.owners == 0) {
        table().held.erase(mine);
    }
}

Result<std::unique_ptr<FileLock>> FileLock::take(const std::filesystem::path& file) {
    const std::filesystem::path name = whole(file);
    const std::lock_guard lock(table().held_mutex);
    auto found = table().held.find(name);
    if (found == table().held.end()) {
        FileDescriptor opened = open_file(file, O_RDWR | O_CREAT);
        if (!opened) {
            return file_failure(file, "opened");
        }
        const int failure = lock_at_once(opened);
        if (failure == EWOULDBLOCK) {
            return std::unique_ptr<FileLock>();
        }
        if (failure != 0) {
            errno = failure;
            return file_failure(file, "locked");
        }
        found = table().held.emplace(name, Held{.file = std::move(opened)}).first;
    }
    std::unique_ptr<FileLock> mine(new FileLock(name));
    ++found->second.owners;
    return mine;
}

} // namespace streaming::detail
