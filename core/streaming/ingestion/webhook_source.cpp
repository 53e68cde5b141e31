#include "core/streaming/ingestion/webhook_source.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "core/streaming/ingestion/csv_records.hpp"
#include "core/streaming/ingestion/json_records.hpp"
#include "core/streaming/ingestion/standard_source_types.hpp"
#include "core/streaming/ingestion/webhook_connector.hpp"

namespace streaming {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string lower_case(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

void read_address(const CustomParams& params, WebhookOptions& options) {
    const std::string address = params.text("listen");
    const std::size_t colon = address.rfind(':');
    const std::string_view port = colon == std::string::npos ? "" : std::string_view(address).substr(colon + 1);
    const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), options.port);
    if (colon == std::string::npos || colon == 0 || failure != std::errc{} || end != port.data() + port.size()) {
        params.refuse("listen", "host and port, such as 127.0.0.1:8090");
    }
    options.host = address.substr(0, colon);
}

/// A secret that is there, or in the file that `<name>_file` names; empty when neither is.
std::string secret_of(const CustomParams& params, const std::string& name) {
    const std::string file_param = name + "_file";
    if (params.has(name)) {
        return params.secret(name, "");
    }
    if (!params.has(file_param)) {
        return "";
    }
    std::ifstream file(params.text(file_param));
    std::stringstream all;
    all << file.rdbuf();
    std::string secret = all.str();
    secret.erase(std::min(secret.find_last_not_of(kBlank) + 1, secret.size()));
    if (!file.is_open() || secret.empty()) {
        params.refuse(file_param, "a file that can be read and holds a secret");
    }
    return secret;
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

WebhookAuthentication::Options authentication_of(const CustomParams& params, const std::string& host) {
    WebhookAuthentication::Options options{
        .token = secret_of(params, "token"),
        .signature_secret = secret_of(params, "signature_secret"),
        .signature_header = lower_case(params.text("signature_header", "x-hub-signature-256"))};
    if (params.has("authentication")) {
        if (params.text("authentication") != "none" || !is_loopback(host) || !options.token.empty() ||
            !options.signature_secret.empty()) {
            params.refuse("authentication", "none, on a loopback address and without token and signature_secret");
        }
    } else if (options.token.empty() && options.signature_secret.empty()) {
        options.token = params.secret("token", "WEBHOOK_TOKEN");
    }
    return options;
}

WebhookOptions::Acknowledge acknowledge_of(const CustomParams& params) {
    const std::string said = params.text("acknowledge", "settled");
    if (said != "settled" && said != "accepted") {
        params.refuse("acknowledge", "settled or accepted");
    }
    return said == "settled" ? WebhookOptions::Acknowledge::settled : WebhookOptions::Acknowledge::accepted;
}

bool is_csv(const CustomParams& params) {
    const std::string format = params.text("format", "json");
    if (format != "json" && format != "csv") {
        params.refuse("format", "json or csv");
    }
    return format == "csv";
}

SourceHandler handler_of(const CustomParams& params, const std::string& source_type) {
    if (is_csv(params)) {
        return csv_records(csv_records_options(params, source_type));
    }
    return json_records(json_records_options(params, source_type));
}

WebhookOptions options_of(const CustomParams& params) {
    constexpr long kLongest = 300;
    constexpr long kLargest = 64L * 1024 * 1024;
    WebhookOptions options;
    read_address(params, options);
    options.path = params.text("path", "/");
    if (!options.path.starts_with('/')) {
        params.refuse("path", "a path that starts with /");
    }
    options.authentication = authentication_of(params, options.host);
    options.content_types = params.texts("content_types");
    if (options.content_types.empty()) {
        options.content_types = is_csv(params) ? std::vector<std::string>{"text/csv"}
                                               : std::vector<std::string>{"application/json", "application/x-ndjson"};
    }
    for (std::string& type : options.content_types) {
        type = lower_case(std::move(type));
    }
    options.acknowledge = acknowledge_of(params);
    options.acknowledge_timeout =
        std::chrono::seconds(params.whole_number("acknowledge_timeout_seconds", 10, 1, kLongest));
    options.max_body_bytes = static_cast<std::size_t>(params.whole_number("max_body_bytes", 1L << 20U, 1, kLargest));
    options.max_waiting = static_cast<unsigned>(params.whole_number("max_waiting", 256, 1, 100'000));
    return options;
}

} // namespace

Result<SourceParts> make_webhook(const SourceTypes::Request& request) {
    const CustomParams params(request.settings.custom_params);
    params.only({{"listen", "path", "token", "token_file", "signature_secret", "signature_secret_file",
                  "signature_header", "authentication", "content_types", "acknowledge", "acknowledge_timeout_seconds",
                  "max_body_bytes", "max_waiting", "format"},
                 is_csv(params) ? csv_records_params() : json_records_params()});
    refuse_backfill(request);
    return SourceParts{.connector = std::make_unique<WebhookConnector>(request.clock, options_of(params)),
                       .handler = handler_of(params, request.settings.source_type)};
}

} // namespace streaming
