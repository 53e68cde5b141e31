#include "core/streaming/ingestion/standard_source_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "core/streaming/infrastructure/file_cursor_store.hpp"
#include "core/streaming/ingestion/csv_records.hpp"
#include "core/streaming/ingestion/file_connector.hpp"
#include "core/streaming/ingestion/file_replay.hpp"
#include "core/streaming/ingestion/json_records.hpp"
#include "core/streaming/ingestion/webhook_source.hpp"

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
    JsonRecordsOptions options =
        json_records_options(CustomParams(request.settings.custom_params), request.settings.source_type);
    options.may_be_error = true;
    return json_records(std::move(options));
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
    return {.connector = std::make_unique<HttpConnector>(HttpConnector::Options{.url = std::move(url),
                                                                                .headers = headers_of(params),
                                                                                .timeout = request.settings.timeout,
                                                                                .content = ExpectedContent::records}),
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

enum class FileFormat { json, ndjson, csv };

FileFormat file_format_of(const CustomParams& params, const std::filesystem::path& path) {
    const std::string extension = path.extension().string();
    const std::string format = params.text("format", extension == ".csv" || extension == ".tsv"        ? "csv"
                                                     : extension == ".ndjson" || extension == ".jsonl" ? "ndjson"
                                                                                                       : "json");
    constexpr std::array<std::string_view, 3> kFormats{"json", "ndjson", "csv"};
    const auto found = std::ranges::find(kFormats, format);
    if (found == kFormats.end()) {
        params.refuse("format", "json, ndjson or csv");
    }
    return static_cast<FileFormat>(found - kFormats.begin());
}

double speed_of(const CustomParams& params, const RecordOptions& record) {
    if (!params.has("speed")) {
        return 0;
    }
    const nlohmann::json& value = params.value("speed");
    constexpr double kFastest = 1e9;
    if (!value.is_number() || !(value.get<double>() > 0 && value.get<double>() <= kFastest)) {
        params.refuse("speed", "a number above 0: 1 = as it happened, 60 = a minute in a second");
    }
    if (!record.event_time) {
        CustomParams::refuse_unseen("speed", "needs event_time");
    }
    return value.get<double>();
}

SourceParts replay_parts(const SourceTypes::Request& request, FileReplayOptions options) {
    const CustomParams params(request.settings.custom_params);
    std::unique_ptr<CursorStore> cursors;
    if (params.has("cursor_directory")) {
        cursors = std::make_unique<FileCursorStore>(params.text("cursor_directory"));
    }
    constexpr long kLongest = 86'400;
    options.path = params.text("path");
    options.speed = speed_of(params, options.record);
    options.rows_per_poll = static_cast<std::size_t>(params.whole_number("rows_per_poll", 10'000, 1, 1'000'000));
    options.last_line_after = std::chrono::seconds(params.whole_number("last_line_after_seconds", 60, 0, kLongest));
    options.cursor = request.name + ".file";
    auto replay = std::make_unique<FileReplay>(request.clock, std::move(options), std::move(cursors));
    SourceHandler handler = replay->handler();
    return {.connector = std::move(replay), .handler = std::move(handler)};
}

Result<SourceParts> make_file(const SourceTypes::Request& request) {
    const CustomParams params(request.settings.custom_params);
    refuse_backfill(request);
    if (!params.has("path")) {
        CustomParams::refuse_unseen("path", "must be given: a file of CSV, NDJSON or JSON records");
    }
    const std::vector<std::string_view> replay{"path",          "format", "cursor_directory", "last_line_after_seconds",
                                               "rows_per_poll", "speed"};
    const std::filesystem::path path = params.text("path");
    const std::string_view type = request.settings.source_type;
    switch (file_format_of(params, path)) {
        case FileFormat::json:
            params.only({{"path", "format"}, json_records_params()});
            return SourceParts{.connector = std::make_unique<FileConnector>(FileConnector::Options{.path = path}),
                               .handler = records_handler(request)};
        case FileFormat::ndjson:
            params.only({replay, record_params()});
            return replay_parts(request,
                                {.format = FileReplayOptions::Format::ndjson, .record = record_options(params, type)});
        case FileFormat::csv: {
            params.only({replay, csv_records_params()});
            CsvRecordsOptions table = csv_records_options(params, type, path.extension() == ".tsv" ? '\t' : ',');
            return replay_parts(
                request,
                {.format = FileReplayOptions::Format::csv, .table = table.table, .record = std::move(table.record)});
        }
    }
    return SourceParts{};
}

/// All of it, and nothing is remembered.
void read_once(const RecordedAnswer& answer, CustomParams::Map& params) {
    params["path"] = answer.path;
    params.erase("speed");
    params.erase("cursor_directory");
}

/// The way to it is a loopback address that nobody knows.
void pushed_by_nobody(const RecordedAnswer& /*answer*/, CustomParams::Map& params) {
    for (const char* way : {"token", "token_file", "signature_secret", "signature_secret_file", "content_types"}) {
        params.erase(way);
    }
    params["listen"] = "127.0.0.1:0";
    params["authentication"] = "none";
}

} // namespace

void add_standard_source_types(SourceTypes& types) {
    types.add("http_csv", make_http_csv, from_nowhere);
    types.add("http_json", make_http_json, from_nowhere);
    types.add("file", make_file, read_once);
    types.add("webhook", make_webhook, pushed_by_nobody);
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
    std::string base = base_url_of(request, "");
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

void from_nowhere(const RecordedAnswer& /*answer*/, CustomParams::Map& params) {
    params["url"] = "http://recorded.invalid/";
    params.erase("headers");
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
