#include "core/streaming/ingestion/file_state.hpp"

#include <fmt/format.h>

#include <system_error>

namespace streaming::detail {

Result<FileState> look_at_file(const std::filesystem::path& path) {
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    const auto failed = [&](ErrorCode code, std::string_view what) {
        return Error{.code = code, .message = fmt::format("{}: {}", path.string(), what), .retryable = true};
    };
    if (!std::filesystem::exists(status)) {
        return failed(ErrorCode::not_found, "there is no such file");
    }
    if (!std::filesystem::is_regular_file(status)) {
        return failed(ErrorCode::invalid_argument, "is no regular file");
    }
    FileState state;
    state.modified = std::filesystem::last_write_time(path, failure);
    if (!failure) {
        state.size = std::filesystem::file_size(path, failure);
    }
    if (failure) {
        return failed(ErrorCode::unavailable, failure.message());
    }
    return state;
}

} // namespace streaming::detail
