#include "core/streaming/ingestion/file_connector.hpp"

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <system_error>

namespace streaming {

Result<FileConnector::State> FileConnector::look() const {
    std::error_code failure;
    const auto status = std::filesystem::status(options_.path, failure);
    const auto failed = [&](ErrorCode code, std::string_view what) {
        return Error{.code = code, .message = fmt::format("{}: {}", options_.path.string(), what), .retryable = true};
    };
    if (!std::filesystem::exists(status)) {
        return failed(ErrorCode::not_found, "there is no such file");
    }
    if (!std::filesystem::is_regular_file(status)) { // a pipe would block
        return failed(ErrorCode::invalid_argument, "is no regular file");
    }
    State state;
    state.modified = std::filesystem::last_write_time(options_.path, failure);
    if (!failure) {
        state.size = std::filesystem::file_size(options_.path, failure);
    }
    if (failure) {
        return failed(ErrorCode::unavailable, failure.message());
    }
    if (state.size > options_.max_bytes) {
        return failed(ErrorCode::too_large, fmt::format("{} bytes are more than {}", state.size, options_.max_bytes));
    }
    return state;
}

Result<Response> FileConnector::fetch(const Request&) {
    // Looked at before it is read: what changes in between is seen as a change by the next fetch.
    const auto state = look();
    if (!state) {
        return state.error();
    }
    if (read_ == state.value()) {
        return Response{};
    }
    std::ifstream file(options_.path, std::ios::binary);
    Response answer{.body = std::string(state.value().size, '\0')};
    file.read(answer.body.data(), static_cast<std::streamsize>(answer.body.size()));
    if (!file.is_open() || file.bad()) {
        return Error{
            .code = ErrorCode::unavailable, .message = options_.path.string() + ": cannot be read", .retryable = true};
    }
    answer.body.resize(static_cast<std::size_t>(file.gcount())); // shorter when it was cut meanwhile
    read_ = state.value();
    return answer;
}

} // namespace streaming
