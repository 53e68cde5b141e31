#include "services/ingest/nws_api.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <utility>

#include "services/ingest/http_failure.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using streaming::Error;
using streaming::ErrorCode;

json document_of(const std::string& body) {
    return streaming::nests_deeper_than(body, streaming::kMaxJsonDepth) ? json(json::value_t::discarded)
                                                                        : json::parse(body, nullptr, false);
}

/// "InvalidPoint" of ".../problems/InvalidPoint", and the correlation id; what is no word is not shown.
std::string word_of(const json& problem, const char* member) {
    std::string text = streaming::scalar_text(streaming::value_at(problem, member));
    text.erase(0, text.find_last_of('/') + 1);
    const auto is_safe = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; };
    return text.size() <= 64 && std::ranges::all_of(text, is_safe) ? text : "";
}

Error error_of(const streaming::HttpResponse& answer, const json& document, std::string_view url) {
    if (!document.is_object()) { // a page, of a CDN that blocks or fails
        Error failure = failure_of(answer, url, "no JSON");
        failure.retryable = true;
        if (failure.code == ErrorCode::not_authorized) {
            failure.code = ErrorCode::unavailable;
        }
        return failure;
    }
    const std::string type = word_of(document, "type");
    const std::string correlation = word_of(document, "correlationId");
    Error failure = failure_of(answer, url, type + (correlation.empty() ? "" : ", correlation id " + correlation));
    if (answer.status == 404 && !type.starts_with("Invalid")) {
        failure.code = ErrorCode::not_found;
        failure.retryable = true;
    }
    return failure;
}

} // namespace

streaming::Result<json> NwsApi::get(const streaming::Connector::Request& request, const std::string& path,
                                    const std::string& what) const {
    const std::string url = base + path;
    const auto answer = request.http.get(
        {.url = url, .headers = {{"Accept", "application/geo+json"}}, .timeout = timeout}, request.stop);
    Error failure;
    if (!answer) {
        failure = answer.error();
    } else {
        json document = document_of(answer.value().body);
        if (is_success(answer.value()) && document.is_object()) {
            return document;
        }
        failure = error_of(answer.value(), document, url);
    }
    failure.message = what + ": " + failure.message;
    return failure;
}

} // namespace services::ingest
