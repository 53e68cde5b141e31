#include "core/streaming/ingestion/connector_api_client.hpp"

#include "core/streaming/ingestion/api_client.hpp"

namespace streaming {
namespace {

constexpr std::string_view kKey = "{key}";

void put_key_in(std::string& url, const std::string& secret) {
    if (const std::size_t place = url.find(kKey); place != std::string::npos) {
        url.replace(place, kKey.size(), percent_encoded(secret));
    }
}

std::string joined(std::string base, const std::string& path) {
    if (!base.empty() && base.back() == '/') {
        base.pop_back();
    }
    if (!path.empty() && path.front() != '/' && path.front() != '?') {
        base += '/';
    }
    return base + path;
}

} // namespace

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string encoded;
    for (const char c : text) {
        if (kPlain.find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += '%';
            encoded += kDigits[byte >> 4U];
            encoded += kDigits[byte & 15U];
        }
    }
    return encoded;
}

HttpRequest ConnectorApiClient::request_for(const Get& what) const {
    HttpRequest request{.url = joined(options_.base_url, what.path),
                        .headers = options_.headers,
                        .timeout = options_.timeout,
                        .max_body_bytes = options_.max_body_bytes,
                        .conditional = true,
                        .cost = what.cost};
    const ApiAuth& auth = options_.auth;
    switch (auth.kind) {
        case ApiAuth::Kind::none:
            break;
        case ApiAuth::Kind::header:
            request.headers.emplace_back(auth.name, auth.secret);
            break;
        case ApiAuth::Kind::bearer:
            request.headers.emplace_back("Authorization", "Bearer " + auth.secret);
            break;
        case ApiAuth::Kind::query:
            request.url += request.url.find('?') == std::string::npos ? '?' : '&';
            request.url += percent_encoded(auth.name) + '=' + percent_encoded(auth.secret);
            break;
        case ApiAuth::Kind::path:
            put_key_in(request.url, auth.secret);
            break;
    }
    return request;
}

Result<Response> ConnectorApiClient::get(const Connector::Request& request, const Get& what) const {
    return response_of(request, request.http.get(request_for(what), request.stop));
}

Result<Response> ConnectorApiClient::response_of(const Connector::Request& request, Result<HttpResponse> answer) const {
    if (!answer) {
        return answer.error();
    }
    HttpResponse& got = answer.value();
    const Classified classified = classify(got, options_.rules);
    if (request.api != nullptr) {
        request.api->note_class(classified.answer);
    }
    if (!classified.good()) {
        return error_of(classified, host_of(options_.base_url));
    }
    if (got.status == 304 || got.status == 204 || got.status == 205) {
        return Response{.status = Response::kNothing};
    }
    std::string content_type = got.header("content-type");
    return Response{.status = got.status, .body = std::move(got.body), .content_type = std::move(content_type)};
}

std::vector<Result<Response>> BatchApiClient::get_all(const Connector::Request& request,
                                                      const std::vector<ConnectorApiClient::Get>& what) const {
    std::vector<HttpRequest> requests;
    requests.reserve(what.size());
    for (const ConnectorApiClient::Get& one : what) {
        requests.push_back(api_.request_for(one));
    }
    auto answers = request.http.get_all(requests, host_concurrency_, request.stop);
    std::vector<Result<Response>> responses;
    responses.reserve(answers.size());
    for (Result<HttpResponse>& answer : answers) {
        responses.push_back(api_.response_of(request, std::move(answer)));
    }
    return responses;
}

} // namespace streaming
