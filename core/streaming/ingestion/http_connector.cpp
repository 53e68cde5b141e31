#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/connector_api_client.hpp"

namespace streaming {

Result<Response> HttpConnector::fetch(const Request& request) {
    const HttpRequest get{.url = options_.url,
                          .headers = options_.headers,
                          .timeout = options_.timeout,
                          .max_body_bytes = options_.max_body_bytes,
                          .conditional = true};
    const ConnectorApiClient api({.base_url = options_.url, .rules = {.content = options_.content}});
    return api.response_of(request, request.http.get(get, request.stop));
}

std::string_view host_of(std::string_view url) noexcept {
    const std::size_t scheme = url.find("://");
    std::string_view rest = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
    rest = rest.substr(0, rest.find_first_of("/?#"));
    return rest.substr(rest.rfind('@') + 1);
}

} // namespace streaming
