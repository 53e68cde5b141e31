#include "core/streaming/infrastructure/http_server.hpp"

#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "core/streaming/infrastructure/microhttpd_connections.hpp"
#include "core/streaming/infrastructure/microhttpd_later_answers.hpp"
#include "core/streaming/infrastructure/percent_decoding.hpp"

namespace streaming {

namespace {

using detail::LaterAnswers;
using detail::OpenConnections;
using SteadyTime = std::chrono::steady_clock::time_point;
using AddressList = std::unique_ptr<addrinfo, decltype([](addrinfo* list) { freeaddrinfo(list); })>;
using Response =
    std::unique_ptr<MHD_Response, decltype([](MHD_Response* response) { MHD_destroy_response(response); })>;

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

/// libmicrohttpd would decode %00 into the end of the path; we decode ourselves.
std::size_t keep_encoded(void*, MHD_Connection*, char* text) { return std::strlen(text); }

AddressList resolve(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const bool ok = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) == 0;
    return AddressList(ok ? found : nullptr);
}

Response make_response(const ServedResponse& served) {
    // MHD only reads: it copies the body.
    Response response(MHD_create_response_from_buffer(served.body.size(),
                                                      const_cast<char*>(served.body.data()), // NOLINT: only read
                                                      MHD_RESPMEM_MUST_COPY));
    if (response != nullptr) {
        MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONTENT_TYPE, served.content_type.c_str());
        for (const auto& [name, value] : served.headers) {
            MHD_add_response_header(response.get(), name.c_str(), value.c_str());
        }
    }
    return response;
}

ServedResponse plain(int status, std::string body) { return {.status = status, .body = std::move(body)}; }

} // namespace

/// One request while it is read and answered.
struct OpenRequest {
    ServedRequest said{};
    std::size_t body_bytes = 0;             ///< that came, kept or not
    std::optional<ServedResponse> answer{}; ///< known already, to be given when the body has come
    std::uint64_t later = 0;                ///< not 0: its handler has it
};

struct HttpServer::State {
    HttpServerOptions options;
    Handler handler;
    PostHandler post;
    OpenConnections connections;
    LaterAnswers later{};
    MHD_Daemon* daemon = nullptr;
    std::uint16_t port = 0;

    Status open();
    void close() noexcept;
    void run(const std::stop_token& stop);
    void resume_answered();
    MHD_Result begin(MHD_Connection* connection, std::string_view path, std::string_view method, OpenRequest& request);
    void read_body(OpenRequest& request, std::string_view part) const;
    MHD_Result finish(MHD_Connection* connection, OpenRequest& request);
    [[nodiscard]] std::optional<ServedResponse> refusal(MHD_Connection* connection, std::string_view path,
                                                        ServedRequest& request) const;
    [[nodiscard]] ServedResponse answer(const ServedRequest& request) const;

    static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path, const char* method,
                                 const char*, const char* part, std::size_t* part_bytes, void** request);
    static void on_connection(void* self, MHD_Connection* connection, void**, MHD_ConnectionNotificationCode what);
    static void on_completed(void* self, MHD_Connection* connection, void** request, MHD_RequestTerminationCode);
};

HttpServer::HttpServer(HttpServerOptions options, Handler handler, PostHandler post) {
    OpenConnections connections(std::max(1U, options.max_connections), options.connection_timeout);
    state_ = std::make_unique<State>(State{.options = std::move(options),
                                           .handler = std::move(handler),
                                           .post = std::move(post),
                                           .connections = std::move(connections)});
    state_->port = state_->options.port;
}

HttpServer::~HttpServer() { stop(); }

Status HttpServer::start() {
    if (state_->daemon != nullptr) {
        return {};
    }
    if (Status status = state_->open(); !status) {
        state_->close();
        return status;
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { state_->run(stop); });
    return {};
}

void HttpServer::stop() noexcept {
    thread_ = {}; // asks it to stop and waits
    state_->close();
}

std::uint16_t HttpServer::port() const noexcept { return state_->port; }

const std::string& HttpServer::host() const noexcept { return state_->options.host; }

Status HttpServer::State::open() {
    constexpr unsigned kSpareConnections = 16; // a newcomer is let in before the one it replaces is gone
    constexpr std::size_t kLeastMemory = 4096;
    const auto failed = [&](ErrorCode code) {
        return Error{.code = code,
                     .message = "http server: cannot listen on " + options.host + ":" + std::to_string(options.port),
                     .retryable = false};
    };
    const AddressList address = resolve(options.host, options.port);
    if (address == nullptr) {
        return failed(ErrorCode::invalid_argument);
    }
    const MHD_FLAG family = address->ai_family == AF_INET6 ? MHD_USE_IPv6 : MHD_NO_FLAG;
    const auto flags = static_cast<unsigned>(MHD_USE_EPOLL) | static_cast<unsigned>(MHD_ALLOW_SUSPEND_RESUME) |
                       static_cast<unsigned>(family);
    const unsigned most =
        std::max(1U, options.max_connections) + kSpareConnections + (post.handle ? options.max_waiting_answers : 0);
    daemon = MHD_start_daemon(flags, options.port, nullptr, nullptr, &State::on_request, this, MHD_OPTION_SOCK_ADDR,
                              address->ai_addr, MHD_OPTION_CONNECTION_LIMIT, most, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                              std::max(kLeastMemory, options.max_header_bytes), MHD_OPTION_NOTIFY_CONNECTION,
                              &State::on_connection, this, MHD_OPTION_NOTIFY_COMPLETED, &State::on_completed, this,
                              MHD_OPTION_UNESCAPE_CALLBACK, &keep_encoded, nullptr, MHD_OPTION_END);
    if (daemon == nullptr || !later.open()) {
        return failed(ErrorCode::invalid_argument); // taken, or not ours to take: another try changes nothing
    }
    const auto* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    port = info != nullptr && info->port != 0 ? info->port : options.port;
    return {};
}

/// What still waits is told to come again: libmicrohttpd stops with no connection suspended.
void HttpServer::State::close() noexcept {
    later.close();
    if (daemon != nullptr) {
        resume_answered();
        for (int i = 0; i < 3; ++i) { // resumed, answered, written
            MHD_run(daemon);
        }
        MHD_stop_daemon(std::exchange(daemon, nullptr));
    }
}

void HttpServer::State::run(const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] { later.wake(); });
    const int epoll = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    while (!stop.stop_requested()) {
        std::array<pollfd, 2> watched{pollfd{.fd = epoll, .events = POLLIN, .revents = 0},
                                      pollfd{.fd = later.wake_fd(), .events = POLLIN, .revents = 0}};
        int timeout = -1;
        for (const auto wait : {connections.shut_late_ones(), later.end_late_ones()}) {
            if (wait && (timeout < 0 || wait->count() < timeout)) {
                timeout = static_cast<int>(wait->count());
            }
        }
        MHD_UNSIGNED_LONG_LONG wanted = 0;
        if (MHD_get_timeout(daemon, &wanted) == MHD_YES && (timeout < 0 || wanted < static_cast<unsigned>(timeout))) {
            timeout = static_cast<int>(wanted);
        }
        ::poll(watched.data(), watched.size(), timeout);
        try {
            resume_answered();
        } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): for want of memory: their time runs out
        }
        MHD_run(daemon);
    }
}

void HttpServer::State::resume_answered() {
    for (MHD_Connection* connection : later.answered()) {
        connections.resumed(connection);
        MHD_resume_connection(connection);
    }
}

// NOLINTNEXTLINE(readability-function-size): libmicrohttpd gives it eight parameters
MHD_Result HttpServer::State::on_request(void* self, MHD_Connection* connection, const char* path, const char* method,
                                         const char*, const char* part, std::size_t* part_bytes, void** request) {
    State& state = *static_cast<State*>(self);
    try {
        if (*request == nullptr) {
            auto open = std::make_unique<OpenRequest>();
            OpenRequest& begun = *open;
            *request = open.release(); // on_completed deletes it
            return state.begin(connection, path, method, begun);
        }
        OpenRequest& open = *static_cast<OpenRequest*>(*request);
        if (*part_bytes != 0) {
            state.read_body(open, {part, *part_bytes});
            *part_bytes = 0;
            return open.body_bytes > 8 * state.options.max_body_bytes + 1'000'000 ? MHD_NO : MHD_YES;
        }
        return state.finish(connection, open);
    } catch (...) {
        return MHD_NO; // no memory: the connection is closed
    }
}

namespace {

MHD_Result give(MHD_Connection* connection, const ServedResponse& served) {
    const Response response = make_response(served);
    return response == nullptr ? MHD_NO
                               : MHD_queue_response(connection, static_cast<unsigned>(served.status), response.get());
}

ServedResponse too_large(std::size_t most) {
    return plain(MHD_HTTP_CONTENT_TOO_LARGE, "the body may have " + std::to_string(most) + " bytes\n");
}

/// A body that is announced need not come to be refused. 0 when it is not announced.
std::size_t announced_bytes(const ServedRequest& request) {
    const auto length = request.headers.find("content-length");
    return length == request.headers.end() ? 0 : std::strtoull(length->second.c_str(), nullptr, 10);
}

} // namespace

/// The head has come. An answer that is known now waits for the end of the body, since a client that still writes may
/// not read it; not so when that is too large, or the client asks first.
MHD_Result HttpServer::State::begin(MHD_Connection* connection, std::string_view path, std::string_view method,
                                    OpenRequest& request) {
    request.said.method = std::string(method);
    request.answer = refusal(connection, path, request.said);
    const bool reads = method == MHD_HTTP_METHOD_GET || method == MHD_HTTP_METHOD_HEAD;
    const bool posts = post.handle && method == MHD_HTTP_METHOD_POST;
    if (!reads && !posts) {
        ServedResponse refused = plain(MHD_HTTP_METHOD_NOT_ALLOWED, "method not allowed\n");
        refused.headers.emplace("Allow", post.handle ? "GET, HEAD, POST" : "GET, HEAD");
        return give(connection, refused);
    }
    if (posts && !request.answer && post.admit) {
        request.answer = post.admit(request.said);
    }
    const bool is_large = posts && announced_bytes(request.said) > options.max_body_bytes;
    if (is_large && !request.answer) {
        request.answer = too_large(options.max_body_bytes);
    }
    const bool asks_first = request.said.headers.contains("expect");
    return request.answer && (is_large || (posts && asks_first)) ? give(connection, *request.answer) : MHD_YES;
}

void HttpServer::State::read_body(OpenRequest& request, std::string_view part) const {
    request.body_bytes += part.size();
    if (request.answer || request.said.method != MHD_HTTP_METHOD_POST) {
        return;
    }
    if (request.body_bytes > options.max_body_bytes) {
        request.answer = too_large(options.max_body_bytes);
        request.said.body = {};
    } else {
        request.said.body += part;
    }
}

MHD_Result HttpServer::State::finish(MHD_Connection* connection, OpenRequest& request) {
    if (request.later != 0) {
        return give(connection, later.take(request.later));
    }
    if (!request.answer && request.said.method != MHD_HTTP_METHOD_POST) {
        request.answer = answer(request.said);
    }
    if (!request.answer && later.size() >= options.max_waiting_answers) {
        request.answer = plain(MHD_HTTP_TOO_MANY_REQUESTS, "too many requests wait\n");
        request.answer->headers.emplace("Retry-After", "1");
    }
    if (!request.answer && later.is_closed()) {
        request.answer = LaterAnswers::come_again();
    }
    if (request.answer) {
        return give(connection, *request.answer);
    }
    request.later = later.add(connection, std::chrono::steady_clock::now() + options.answer_timeout);
    connections.paused(connection);
    MHD_suspend_connection(connection);
    const Answer reply = later.reply_to(request.later);
    try {
        post.handle(std::move(request.said), reply);
    } catch (...) {
        reply(plain(MHD_HTTP_INTERNAL_SERVER_ERROR, "internal error\n"));
    }
    return MHD_YES;
}

/// Reads what was said; the answer when it was wrong.
std::optional<ServedResponse> HttpServer::State::refusal(MHD_Connection* connection, std::string_view path,
                                                         ServedRequest& request) const {
    struct Values {
        std::map<std::string, std::string> found{};
        bool valid = true;
    };
    Values query;
    MHD_get_connection_values(
        connection, MHD_GET_ARGUMENT_KIND,
        [](void* into, MHD_ValueKind, const char* name, const char* value) {
            auto& values = *static_cast<Values*>(into);
            const auto key = percent_decode(name);
            const auto text = percent_decode(value == nullptr ? "" : value);
            values.valid = values.valid && key && text;
            if (key && text) {
                values.found.insert_or_assign(*key, *text);
            }
            return MHD_YES;
        },
        &query);
    MHD_get_connection_values(
        connection, MHD_HEADER_KIND,
        [](void* into, MHD_ValueKind, const char* name, const char* value) {
            static_cast<ServedRequest*>(into)->headers.insert_or_assign(lower_case(name),
                                                                        value == nullptr ? "" : value);
            return MHD_YES;
        },
        &request);
    const auto decoded = percent_decode(path);
    if (!decoded || !decoded->starts_with('/') || decoded->find('\0') != std::string::npos || !query.valid) {
        return plain(MHD_HTTP_BAD_REQUEST, "bad request\n");
    }
    request.path = *decoded;
    request.query = std::move(query.found);
    return std::nullopt;
}

ServedResponse HttpServer::State::answer(const ServedRequest& request) const {
    try {
        return handler(request);
    } catch (...) {
        return plain(MHD_HTTP_INTERNAL_SERVER_ERROR, "internal error\n"); // the text is for the log of whoever threw
    }
}

void HttpServer::State::on_connection(void* self, MHD_Connection* connection, void**,
                                      MHD_ConnectionNotificationCode what) {
    auto& connections = static_cast<State*>(self)->connections;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        connections.opened(connection);
    } else {
        connections.closed(connection);
    }
}

void HttpServer::State::on_completed(void* self, MHD_Connection* connection, void** request,
                                     MHD_RequestTerminationCode) {
    delete static_cast<OpenRequest*>(std::exchange(*request, nullptr));
    static_cast<State*>(self)->connections.answered(connection);
}

} // namespace streaming
