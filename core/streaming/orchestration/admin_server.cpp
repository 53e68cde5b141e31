#include "core/streaming/orchestration/admin_server.hpp"

#include <fmt/format.h>
#include <charconv>
#include <utility>

namespace streaming {

AdminServer::AdminServer(Dependencies dependencies, std::string address)
    : dependencies_(std::move(dependencies)), address_(std::move(address)) {}

Status AdminServer::start() {
    const auto address = parse_host_port(address_);
    if (!address) {
        return address.error();
    }
    HttpServerOptions options{.host = address.value().first, .port = address.value().second};
    server_ = std::make_unique<HttpServer>(options, [this](const ServedRequest& request) { return answer(request); });
    return server_->start();
}

void AdminServer::stop() noexcept {
    if (server_ != nullptr) {
        server_->stop();
    }
}

std::uint16_t AdminServer::port() const noexcept { return server_ != nullptr ? server_->port() : std::uint16_t{0}; }

ServedResponse AdminServer::answer(const ServedRequest& request) const {
    if (request.path == "/metrics") {
        return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = dependencies_.metrics.scrape()};
    }
    if (request.path == "/live" || request.path == "/ready") {
        const Health health = dependencies_.health();
        const bool good = request.path == "/live" ? health.live() : health.ready();
        return {.status = good ? 200 : 503, .content_type = "application/json", .body = health.to_json()};
    }
    if (request.path == "/api/status") {
        return {.content_type = "application/json", .body = dependencies_.status()};
    }
    return {.status = 404, .body = "not found; there are /live, /ready, /metrics and /api/status\n"};
}

Result<std::pair<std::string, std::uint16_t>> parse_host_port(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    std::uint16_t port = 0;
    const char* end = address.data() + address.size();
    const char* digits = colon == std::string::npos ? end : address.data() + colon + 1;
    const auto [behind, failure] = std::from_chars(digits, end, port);
    if (colon == std::string::npos || colon == 0 || failure != std::errc{} || behind != end) {
        return Error{.code = ErrorCode::invalid_argument,
                     .message = fmt::format("'{}' is not HOST:PORT with a port of 0 to 65535", address)};
    }
    return std::pair(address.substr(0, colon), port);
}

} // namespace streaming
