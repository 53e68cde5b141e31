#include "services/ingest/http_failure.hpp"

#include <fmt/format.h>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

bool is_success(const streaming::HttpResponse& answer) { return answer.status >= 200 && answer.status <= 299; }

streaming::Error failure_of(const streaming::HttpResponse& answer, std::string_view url, const std::string& reason) {
    using streaming::ErrorCode;
    const long status = answer.status;
    const bool wrong_request = status >= 400 && status < 500 && status != 408 && status != 429;
    return {.code = is_success(answer)               ? ErrorCode::malformed
                    : status == 401 || status == 403 ? ErrorCode::not_authorized
                    : wrong_request                  ? ErrorCode::invalid_argument
                                                     : ErrorCode::unavailable,
            .message =
                fmt::format("{} answered {}{}{}", streaming::host_of(url), status, reason.empty() ? "" : ": ", reason),
            .retryable = !wrong_request};
}

} // namespace services::ingest
