#include "core/streaming/infrastructure/http_server.hpp"

#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <list>
#include <optional>
#include <utility>

#include "core/streaming/infrastructure/percent_decoding.hpp"

namespace streaming {

namespace {

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
    Response response(MHD_create_response_from_buffer(served.body.size(), const_cast<char*>(served.body.data()),
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

/// Which connections are open and until when each may take. libmicrohttpd knows only a limit of silence, which a client
/// that sends a byte now and then never reaches.
class OpenConnections {
public:
    OpenConnections(std::size_t most, std::chrono::seconds time) : most_(most), time_(time) {}

    void opened(MHD_Connection* connection) {
        if (waiting_.size() >= most_) {
            shut(waiting_.front().connection);
            waiting_.pop_front();
        }
        waiting_.push_back({connection, std::chrono::steady_clock::now() + time_});
    }
    void answered(MHD_Connection* connection) {
        const auto found = std::ranges::find(waiting_, connection, &Entry::connection);
        if (found != waiting_.end()) {
            found->deadline = std::chrono::steady_clock::now() + time_;
            waiting_.splice(waiting_.end(), waiting_, found);
        }
    }
    void closed(MHD_Connection* connection) {
        waiting_.remove_if([&](const Entry& entry) { return entry.connection == connection; });
    }
    /// Ends those whose time is over; how long until the next one.
    std::optional<std::chrono::milliseconds> shut_late_ones() {
        const SteadyTime now = std::chrono::steady_clock::now();
        while (!waiting_.empty() && waiting_.front().deadline <= now) {
            shut(waiting_.front().connection);
            waiting_.pop_front();
        }
        return waiting_.empty()
                   ? std::nullopt
                   : std::optional(std::chrono::ceil<std::chrono::milliseconds>(waiting_.front().deadline - now));
    }

private:
    struct Entry {
        MHD_Connection* connection = nullptr;
        SteadyTime deadline{};
    };

    /// libmicrohttpd sees the end of the stream in its next round and closes.
    static void shut(MHD_Connection* connection) {
        if (const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)) {
            ::shutdown(info->connect_fd, SHUT_RDWR);
        }
    }

    std::size_t most_;
    std::chrono::seconds time_;
    std::list<Entry> waiting_{}; ///< next to be late first
};

} // namespace

struct HttpServer::State {
    HttpServerOptions options;
    Handler handler;
    OpenConnections connections;
    MHD_Daemon* daemon = nullptr;
    int wake = -1; ///< eventfd: ends the wait of the thread
    std::uint16_t port = 0;

    Status open();
    void close() noexcept;
    void run(const std::stop_token& stop);
    MHD_Result serve(MHD_Connection* connection, std::string_view path, std::string_view method) const;
    [[nodiscard]] ServedResponse answer(MHD_Connection* connection, std::string_view path,
                                        std::string_view method) const;

    static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path, const char* method,
                                 const char*, const char*, std::size_t* upload_size, void** request);
    static void on_connection(void* self, MHD_Connection* connection, void**, MHD_ConnectionNotificationCode what);
    static void on_completed(void* self, MHD_Connection* connection, void**, MHD_RequestTerminationCode);
};

HttpServer::HttpServer(HttpServerOptions options, Handler handler) {
    OpenConnections connections(std::max(1U, options.max_connections), options.connection_timeout);
    state_ = std::make_unique<State>(
        State{.options = std::move(options), .handler = std::move(handler), .connections = std::move(connections)});
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
    daemon = MHD_start_daemon(static_cast<unsigned>(MHD_USE_EPOLL) | static_cast<unsigned>(family), options.port,
                              nullptr, nullptr, &State::on_request, this, MHD_OPTION_SOCK_ADDR, address->ai_addr,
                              MHD_OPTION_CONNECTION_LIMIT, std::max(1U, options.max_connections) + kSpareConnections,
                              MHD_OPTION_CONNECTION_MEMORY_LIMIT, std::max(kLeastMemory, options.max_header_bytes),
                              MHD_OPTION_NOTIFY_CONNECTION, &State::on_connection, this, MHD_OPTION_NOTIFY_COMPLETED,
                              &State::on_completed, this, MHD_OPTION_UNESCAPE_CALLBACK, &keep_encoded, nullptr,
                              MHD_OPTION_END);
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (daemon == nullptr || wake < 0) {
        return failed(ErrorCode::invalid_argument); // taken, or not ours to take: another try changes nothing
    }
    const auto* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    port = info != nullptr && info->port != 0 ? info->port : options.port;
    return {};
}

void HttpServer::State::close() noexcept {
    if (daemon != nullptr) {
        MHD_stop_daemon(std::exchange(daemon, nullptr));
    }
    if (wake >= 0) {
        ::close(std::exchange(wake, -1));
    }
}

void HttpServer::State::run(const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] { eventfd_write(wake, 1); });
    const int epoll = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    while (!stop.stop_requested()) {
        std::array<pollfd, 2> watched{pollfd{.fd = epoll, .events = POLLIN, .revents = 0},
                                      pollfd{.fd = wake, .events = POLLIN, .revents = 0}};
        const auto until_late = connections.shut_late_ones();
        int timeout = until_late ? static_cast<int>(until_late->count()) : -1;
        MHD_UNSIGNED_LONG_LONG wanted = 0;
        if (MHD_get_timeout(daemon, &wanted) == MHD_YES && (timeout < 0 || wanted < static_cast<unsigned>(timeout))) {
            timeout = static_cast<int>(wanted);
        }
        ::poll(watched.data(), watched.size(), timeout);
        MHD_run(daemon);
    }
}

MHD_Result HttpServer::State::on_request(void* self, MHD_Connection* connection, const char* path, const char* method,
                                         const char*, const char*, std::size_t* upload_size, void** request) {
    const std::string_view verb(method);
    const bool first_call = std::exchange(*request, self) == nullptr;
    const bool served = verb == MHD_HTTP_METHOD_GET || verb == MHD_HTTP_METHOD_HEAD;
    if (served && (first_call || *upload_size != 0)) {
        *upload_size = 0; // answering before the request was read to its end would cost the connection
        return MHD_YES;
    }
    try {
        return static_cast<State*>(self)->serve(connection, path, verb);
    } catch (...) {
        return MHD_NO; // no memory: the connection is closed
    }
}

MHD_Result HttpServer::State::serve(MHD_Connection* connection, std::string_view path, std::string_view method) const {
    const ServedResponse served = answer(connection, path, method);
    const Response response = make_response(served);
    return response == nullptr ? MHD_NO
                               : MHD_queue_response(connection, static_cast<unsigned>(served.status), response.get());
}

ServedResponse HttpServer::State::answer(MHD_Connection* connection, std::string_view path,
                                         std::string_view method) const {
    if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD) {
        ServedResponse refused = plain(MHD_HTTP_METHOD_NOT_ALLOWED, "method not allowed\n");
        refused.headers.emplace("Allow", "GET, HEAD");
        return refused;
    }
    struct Values {
        std::map<std::string, std::string> found{};
        bool valid = true;
    };
    ServedRequest request{.method = std::string(method)};
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

void HttpServer::State::on_completed(void* self, MHD_Connection* connection, void**, MHD_RequestTerminationCode) {
    static_cast<State*>(self)->connections.answered(connection);
}

} // namespace streaming
