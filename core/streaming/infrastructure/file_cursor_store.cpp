#include "core/streaming/infrastructure/file_cursor_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "core/streaming/infrastructure/durable_file.hpp"

namespace streaming {

namespace {

constexpr std::size_t kLongestName = 200;

} // namespace

Result<std::filesystem::path> FileCursorStore::path_of(std::string_view name) const {
    const std::string safe = detail::safe_file_name(name);
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
    const detail::FileDescriptor file = detail::open_file(file_name.value(), O_RDONLY);
    if (!file) {
        if (errno == ENOENT) {
            return std::optional<std::string>{};
        }
        return detail::file_failure(file_name.value(), "opened");
    }
    auto value = detail::read_all(file, file_name.value());
    if (!value) {
        return value.error();
    }
    return std::optional(std::move(value).value());
}

Status FileCursorStore::save(std::string_view name, std::string_view value) {
    const auto file_name = path_of(name);
    if (!file_name) {
        return file_name.error();
    }
    if (Status made = detail::make_directory(directory_); !made) {
        return made;
    }
    return detail::replace_file(file_name.value(), value);
}

} // namespace streaming
