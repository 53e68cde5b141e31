#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

struct ServedRequest {
    std::string method{};
    std::string path{}; ///< decoded, without the query
    std::map<std::string, std::string> query{};
    std::map<std::string, std::string> headers{}; ///< names in lower case
};

struct ServedResponse {
    int status = 200;
    std::string content_type{"text/plain; charset=utf-8"};
    std::string body{};
    std::map<std::string, std::string> headers{};
};

struct HttpServerOptions {
    std::string host{"127.0.0.1"};
    std::uint16_t port = 0;                     ///< 0 = chosen by the system
    std::chrono::seconds connection_timeout{5}; ///< from connecting, or the answer before, to the end of an answer
    unsigned max_connections = 64;              ///< one more closes the one that has waited longest
    std::size_t max_header_bytes = 16U * 1024U;
};

/// A small HTTP server (libmicrohttpd) for admin pages and for replaying recorded answers. GET and HEAD only;
/// everything else is 405. One thread; a slow client holds a connection, not the others. The handler runs on that
/// thread; when it throws, the answer is 500 without the text.
class HttpServer {
public:
    using Handler = std::function<ServedResponse(const ServedRequest&)>;

    HttpServer(HttpServerOptions options, Handler handler);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    Status start(); ///< the error names host and port
    void stop() noexcept;
    [[nodiscard]] std::uint16_t port() const noexcept; ///< after start
    [[nodiscard]] const std::string& host() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
    std::jthread thread_{};
};

} // namespace streaming
