#include <fmt/format.h>

#include "core/streaming/ingestion/connector.hpp"

namespace streaming {

Result<Response> HttpConnector::fetch(const Request& request) {
    HttpRequest get{.url = options_.url,
                    .headers = options_.headers,
                    .timeout = options_.timeout,
                    .max_body_bytes = options_.max_body_bytes};
    auto answer = request.http.get(get, request.stop);
    if (!answer) {
        return answer.error();
    }
    HttpResponse& response = answer.value();
    if (response.status < 200 || response.status > 299) {
        const bool wrong_request =
            response.status >= 400 && response.status < 500 && response.status != 408 && response.status != 429;
        return Error{.code = wrong_request ? ErrorCode::invalid_argument : ErrorCode::unavailable,
                     .message = fmt::format("{} answered {}", host_of(options_.url), response.status),
                     .retryable = !wrong_request};
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
