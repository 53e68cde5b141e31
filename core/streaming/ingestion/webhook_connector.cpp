#include "core/streaming/ingestion/webhook_connector.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace streaming {
namespace {

using namespace std::chrono_literals;

ServedResponse accepted() { return {.status = 202, .body = "accepted\n"}; }

ServedResponse again(int status) {
    return {.status = status, .body = "try again\n", .headers = {{"Retry-After", status == 429 ? "1" : "5"}}};
}

/// The media type without its parameters, in lower case.
std::string media_type_of(const ServedRequest& request) {
    const auto found = request.headers.find("content-type");
    std::string type = found == request.headers.end() ? "" : found->second.substr(0, found->second.find(';'));
    std::erase_if(type, [](unsigned char letter) { return std::isspace(letter) != 0; });
    std::ranges::transform(type, type.begin(),
                           [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return type;
}

ServedResponse only_post(const ServedRequest&) {
    return {.status = 405, .body = "method not allowed\n", .headers = {{"Allow", "POST"}}};
}

} // namespace

WebhookConnector::WebhookConnector(Clock& clock, WebhookOptions options)
    : options_(std::move(options)),
      authentication_(options_.authentication),
      buffer_(clock, {.max_responses = options_.max_waiting,
                      .max_bytes = std::max<std::size_t>(PushBuffer::Options{}.max_bytes, options_.max_body_bytes)}),
      server_({.host = options_.host,
               .port = options_.port,
               .connection_timeout = 30s, // a caller may be far away
               .max_body_bytes = options_.max_body_bytes,
               .answer_timeout = options_.acknowledge_timeout,
               .max_waiting_answers = options_.max_waiting},
              &only_post,
              {.admit = [this](const ServedRequest& request) { return refuse_head(request); },
               .handle = [this](ServedRequest request,
                                const HttpServer::Answer& answer) { take(std::move(request), answer); }}) {}

WebhookConnector::~WebhookConnector() { end(); }

Result<Response> WebhookConnector::fetch(const Request& request) {
    if (!listens_) {
        if (Status status = server_.start(); !status) {
            Error why = status.error();
            why.retryable = true;
            return why;
        }
        listens_ = true;
    }
    return buffer_.fetch(request);
}

std::optional<ServedResponse> WebhookConnector::refuse_head(const ServedRequest& request) const {
    if (request.path != options_.path) {
        return ServedResponse{.status = 404, .body = "not found\n"};
    }
    if (auto refused = authentication_.refuse_head(request)) {
        return refused;
    }
    const auto& types = options_.content_types;
    const auto encoding = request.headers.find("content-encoding");
    if (encoding != request.headers.end() && encoding->second != "identity") {
        return ServedResponse{
            .status = 415, .body = "unsupported content encoding\n", .headers = {{"Accept-Encoding", "identity"}}};
    }
    if (!types.empty() && std::ranges::find(types, media_type_of(request)) == types.end()) {
        return ServedResponse{
            .status = 415, .body = "unsupported media type\n", .headers = {{"Accept", types.front()}}};
    }
    return std::nullopt;
}

void WebhookConnector::take(ServedRequest request, const HttpServer::Answer& answer) {
    if (const auto refused = authentication_.refuse_body(request)) {
        answer(*refused);
        return;
    }
    const bool waits = options_.acknowledge == WebhookOptions::Acknowledge::settled;
    Receipt::OnDone on_done;
    if (waits) {
        on_done = [answer](bool delivered) { answer(delivered ? accepted() : again(503)); };
    }
    const Status pushed = buffer_.buffer()->push(
        {.body = std::move(request.body), .content_type = media_type_of(request)}, 0ms, {}, std::move(on_done));
    if (!pushed) {
        answer(again(pushed.error().code == ErrorCode::timed_out ? 429 : 503));
    } else if (!waits) {
        answer(accepted());
    }
}

} // namespace streaming
