#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

struct ServedRequest {
    std::string method{};
    std::string path{}; ///< decoded, without the query
    std::map<std::string, std::string> query{};
    std::map<std::string, std::string> headers{}; ///< names in lower case
    std::string body{};                           ///< of a POST
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
    // Of a server that takes POST:
    std::size_t max_body_bytes = 1024U * 1024U;       ///< more is 413
    std::chrono::milliseconds answer_timeout{30'000}; ///< a request that its handler has not answered by then is 503
    unsigned max_waiting_answers = 256;               ///< one more is 429
};

/// A small HTTP server (libmicrohttpd) for admin pages, for replaying recorded answers, and for webhooks. GET and HEAD,
/// and POST when there is somebody to take it; everything else is 405. One thread; a slow client holds a connection,
/// not the others. The handlers run on that thread, so they do not block; when one throws, the answer is 500 without
/// the text.
class HttpServer {
public:
    using Handler = std::function<ServedResponse(const ServedRequest&)>;
    /// For any thread, also when the server is gone; the first call counts.
    using Answer = std::function<void(ServedResponse)>;
    struct PostHandler {
        /// Looks at a request before its body is read; an answer refuses it. Empty = all are read.
        std::function<std::optional<ServedResponse>(const ServedRequest&)> admit{};
        /// Has the whole request and answers now or later. Empty = POST is 405.
        std::function<void(ServedRequest, Answer)> handle{};
    };

    HttpServer(HttpServerOptions options, Handler handler) : HttpServer(std::move(options), std::move(handler), {}) {}
    HttpServer(HttpServerOptions options, Handler handler, PostHandler post);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    Status start();                                    ///< the error names host and port
    void stop() noexcept;                              ///< requests that wait for their answer are 503
    [[nodiscard]] std::uint16_t port() const noexcept; ///< after start
    [[nodiscard]] const std::string& host() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
    std::jthread thread_{};
};

} // namespace streaming
