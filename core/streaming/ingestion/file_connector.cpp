#include "core/streaming/ingestion/file_connector.hpp"

#include <fmt/format.h>

#include <fstream>
#include <string>

namespace streaming {

Result<detail::FileState> FileConnector::look() const {
    auto state = detail::look_at_file(options_.path);
    if (state && state.value().size > options_.max_bytes) {
        return Error{.code = ErrorCode::too_large,
                     .message = fmt::format("{}: {} bytes are more than {}", options_.path.string(), state.value().size,
                                            options_.max_bytes),
                     .retryable = true};
    }
    return state;
}

Result<Response> FileConnector::fetch(const Request&) {
    // Looked at before it is read: what changes in between is seen as a change by the next fetch.
    const auto state = look();
    if (!state) {
        return state.error();
    }
    if (given_up_->exchange(false)) {
        read_.reset();
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
    answer.receipt = std::make_shared<Receipt>([given_up = given_up_](bool delivered) {
        if (!delivered) {
            *given_up = true;
        }
    });
    return answer;
}

} // namespace streaming
