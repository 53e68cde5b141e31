#include <fmt/format.h>

#include "core/streaming/ingestion/connector.hpp"

namespace streaming {

namespace {

ErrorCode code_of(long status) {
    switch (status) {
        case 401:
        case 403:
        case 407:
            return ErrorCode::not_authorized;
        case 404: // may be there later: a file of a day that has not begun
        case 410:
            return ErrorCode::not_found;
        case 429:
            return ErrorCode::rate_limited;
        case 408:
        case 425:
            return ErrorCode::unavailable;
        default:
            return status >= 400 && status < 500 ? ErrorCode::invalid_argument : ErrorCode::unavailable;
    }
}

} // namespace

Result<Response> HttpConnector::fetch(const Request& request) {
    HttpRequest get{.url = options_.url,
                    .headers = options_.headers,
                    .timeout = options_.timeout,
                    .max_body_bytes = options_.max_body_bytes,
                    .conditional = true};
    auto answer = request.http.get(get, request.stop);
    if (!answer) {
        return answer.error();
    }
    HttpResponse& response = answer.value();
    if (response.status == 304) {
        return Response{.status = Response::kNothing};
    }
    if (response.status < 200 || response.status > 299) {
        const ErrorCode code = code_of(response.status);
        return Error{.code = code,
                     .message = fmt::format("{} answered {}", host_of(options_.url), response.status),
                     .retryable = code == ErrorCode::unavailable || code == ErrorCode::rate_limited};
    }
    std::string content_type = response.header("content-type");
    return Response{
        .status = response.status, .body = std::move(response.body), .content_type = std::move(content_type)};
}

std::string_view host_of(std::string_view url) noexcept {
    const std::size_t scheme = url.find("://");
    std::string_view rest = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
    rest = rest.substr(0, rest.find_first_of("/?#"));
    return rest.substr(rest.rfind('@') + 1);
}

} // namespace streaming
