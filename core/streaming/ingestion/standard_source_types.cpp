#include "core/streaming/ingestion/standard_source_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "core/streaming/ingestion/csv_records.hpp"
#include "core/streaming/ingestion/file_connector.hpp"
#include "core/streaming/ingestion/json_records.hpp"

namespace streaming {
namespace {

bool is_http(std::string_view url) {
    const bool scheme = url.starts_with("http://") || url.starts_with("https://");
    return scheme && !host_of(url).empty() &&
           std::ranges::none_of(url, [](unsigned char letter) { return letter <= ' ' || letter == 0x7F; });
}

std::string without_last_slash(std::string url) {
    while (url.ends_with('/')) {
        url.pop_back();
    }
    return url;
}

/// What comes behind scheme and host.
std::string_view path_of(std::string_view url) {
    const std::size_t at = url.find_first_of("/?#", url.find("://") + 3);
    return at == std::string_view::npos ? "" : url.substr(at);
}

SourceHandler records_handler(const SourceTypes::Request& request) {
    auto options = json_records_options(request.settings.custom_params, request.settings.source_type);
    if (!options) {
        throw std::invalid_argument(options.error().message);
    }
    return json_records(std::move(options).value());
}

SourceHandler table_handler(const SourceTypes::Request& request) {
    return csv_records(csv_records_options(CustomParams(request.settings.custom_params), request.settings.source_type));
}

/// GET of a URL that the configuration names; the handler knows what the answer is.
SourceParts http_parts(const SourceTypes::Request& request, SourceHandler handler) {
    const CustomParams params(request.settings.custom_params);
    refuse_backfill(request);
    std::string url = url_of(request, params);
    if (url.empty()) {
        CustomParams::refuse_unseen("url", "must be given, here or as api_endpoints." + request.settings.source_type);
    }
    return {.connector = std::make_unique<HttpConnector>(HttpConnector::Options{
                .url = std::move(url), .headers = headers_of(params), .timeout = request.settings.timeout}),
            .handler = std::move(handler),
            .http = http_of(params)};
}

Result<SourceParts> make_http_json(const SourceTypes::Request& request) {
    CustomParams(request.settings.custom_params).only({{"url", "headers", "user_agent"}, json_records_params()});
    return http_parts(request, records_handler(request));
}

Result<SourceParts> make_http_csv(const SourceTypes::Request& request) {
    CustomParams(request.settings.custom_params).only({{"url", "headers", "user_agent"}, csv_records_params()});
    return http_parts(request, table_handler(request));
}

Result<SourceParts> make_file(const SourceTypes::Request& request) {
    const CustomParams params(request.settings.custom_params);
    params.only({{"path"}, json_records_params()});
    refuse_backfill(request);
    if (!params.has("path")) {
        CustomParams::refuse_unseen("path", "must be given: a file of JSON records");
    }
    return SourceParts{
        .connector = std::make_unique<FileConnector>(FileConnector::Options{.path = params.text("path")}),
        .handler = records_handler(request)};
}

} // namespace

void add_standard_source_types(SourceTypes& types) {
    types.add("http_csv", make_http_csv);
    types.add("http_json", make_http_json);
    types.add("file", make_file);
}

std::string base_url_of(const SourceTypes::Request& request, std::string_view known) {
    if (request.endpoint.empty()) {
        return std::string(known);
    }
    if (!is_http(request.endpoint)) {
        throw std::invalid_argument(
            fmt::format("source_type: api_endpoints.{} is no URL that starts with http:// or https://",
                        request.settings.source_type));
    }
    return without_last_slash(request.endpoint);
}

std::string url_of(const SourceTypes::Request& request, const CustomParams& params) {
    const std::string base = base_url_of(request, "");
    if (!params.has("url")) {
        return base;
    }
    const std::string url = params.secret("url", "");
    if (url.starts_with('/') && !base.empty()) {
        return base + url;
    }
    if (!is_http(url)) {
        CustomParams::refuse_unseen("url", fmt::format("is neither a URL that starts with http:// or https://, nor a "
                                                       "path that starts with / behind api_endpoints.{}",
                                                       request.settings.source_type));
    }
    return base.empty() ? url : base + std::string(path_of(url));
}

HttpOptions http_of(const CustomParams& params) {
    HttpOptions http;
    http.user_agent = params.text("user_agent", http.user_agent);
    return http;
}

std::vector<std::pair<std::string, std::string>> headers_of(const CustomParams& params) {
    auto headers = params.secret_texts("headers");
    for (const auto& [name, value] : headers) {
        const auto is_control = [](unsigned char letter) { return letter < ' ' || letter == 0x7F; };
        const auto is_name = [](unsigned char letter) {
            return std::isalnum(letter) != 0 || letter == '-' || letter == '_';
        };
        if (name.empty() || !std::ranges::all_of(name, is_name) || std::ranges::any_of(value, is_control)) {
            CustomParams::refuse_unseen("headers." + name,
                                        "is no header: a name of letters, digits and -, a text without line ends");
        }
    }
    return headers;
}

void refuse_backfill(const SourceTypes::Request& request) {
    const IngestionOptions& ingestion = request.settings.ingestion;
    if (ingestion.mode == IngestionKind::batch && !ingestion.backfill_from.empty()) {
        throw std::invalid_argument(
            fmt::format("ingestion.backfill_from: '{}' cannot be: a source of type {} has no past",
                        ingestion.backfill_from, request.settings.source_type));
    }
}

} // namespace streaming
