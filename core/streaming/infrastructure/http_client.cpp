#include "core/streaming/infrastructure/http_client.hpp"

#include <algorithm>

namespace streaming {

std::string HttpResponse::header(const std::string& lower_case_name) const {
    const auto found = std::ranges::find(headers, lower_case_name, [](const auto& entry) { return entry.first; });
    return found == headers.end() ? std::string() : found->second;
}

std::vector<Result<HttpResponse>> HttpClient::get_all(std::span<const HttpRequest> requests, std::size_t,
                                                      std::stop_token stop) {
    std::vector<Result<HttpResponse>> answers;
    answers.reserve(requests.size());
    for (const HttpRequest& request : requests) {
        answers.push_back(get(request, stop));
    }
    return answers;
}

} // namespace streaming
