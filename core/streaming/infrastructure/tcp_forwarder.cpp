#include "core/streaming/infrastructure/tcp_forwarder.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <list>
#include <optional>
#include <system_error>
#include <vector>

#include "core/streaming/infrastructure/file_descriptor.hpp"

namespace streaming {
namespace {

using detail::FileDescriptor;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/// The sockets API wants its untyped base.
sockaddr* untyped(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

std::optional<sockaddr_in> address_of(std::string_view target) {
    target = target.substr(0, target.find(','));
    const auto colon = target.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string host(target.substr(0, colon));
    const auto digits = target.substr(colon + 1);
    std::uint16_t port = 0;
    sockaddr_in address = loopback(0);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (failure != std::errc{} || end != digits.data() + digits.size() ||
        (host != "localhost" && ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)) {
        return std::nullopt;
    }
    address.sin_port = htons(port);
    return address;
}

void no_delay(const FileDescriptor& socket) {
    const int on = 1;
    (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == EINPROGRESS || errno == ENOTCONN;
}

/// Bytes on their way from one socket to the other.
class Stream {
public:
    [[nodiscard]] bool wants_input() const { return !ended_ && used_ < buffer_.size(); }
    [[nodiscard]] bool has_output() const { return sent_ < used_ || (ended_ && !passed_on_); }
    [[nodiscard]] bool finished() const { return ended_ && passed_on_; }

    /// False when the connection broke.
    bool read(int from) {
        const auto count = ::recv(from, buffer_.data() + used_, buffer_.size() - used_, 0);
        if (count > 0) {
            used_ += static_cast<std::size_t>(count);
        } else if (count == 0) {
            ended_ = true;
        }
        return count >= 0 || would_block();
    }
    bool write(int to) {
        if (sent_ < used_) {
            const auto count = ::send(to, buffer_.data() + sent_, used_ - sent_, MSG_NOSIGNAL);
            if (count < 0) {
                return would_block();
            }
            sent_ += static_cast<std::size_t>(count);
        }
        if (sent_ == used_) {
            sent_ = used_ = 0;
            if (ended_ && !passed_on_) {
                passed_on_ = true;
                (void)::shutdown(to, SHUT_WR); // the other direction goes on
            }
        }
        return true;
    }

private:
    std::array<char, 64U * 1024U> buffer_{};
    std::size_t used_ = 0;
    std::size_t sent_ = 0;
    bool ended_ = false;
    bool passed_on_ = false;
};

struct Connection {
    FileDescriptor client;
    FileDescriptor server;
    Stream up{};
    Stream down{};

    [[nodiscard]] pollfd client_interest() const { return interest(client, down, up); }
    [[nodiscard]] pollfd server_interest() const { return interest(server, up, down); }
    static pollfd interest(const FileDescriptor& socket, const Stream& out, const Stream& in) {
        const int events = (in.wants_input() ? POLLIN : 0) | (out.has_output() ? POLLOUT : 0);
        // Without interest not at all: a hung-up socket would be reported in every turn.
        return {.fd = events == 0 ? -1 : socket.get(), .events = static_cast<short>(events), .revents = 0};
    }

    /// False when it is over.
    bool step(short at_client, short at_server) {
        constexpr int kReadable = POLLIN | POLLHUP | POLLERR;
        const bool alive = ((at_client & kReadable) == 0 || !up.wants_input() || up.read(client.get())) &&
                           ((at_server & kReadable) == 0 || !down.wants_input() || down.read(server.get())) &&
                           ((at_server & (POLLOUT | POLLERR)) == 0 || up.write(server.get())) &&
                           ((at_client & (POLLOUT | POLLERR)) == 0 || down.write(client.get()));
        return alive && !(up.finished() && down.finished());
    }
};

} // namespace

struct TcpForwarder::State {
    FileDescriptor listener{};
    FileDescriptor wake{};
    sockaddr_in target{};
    std::list<Connection> connections{};

    void run(const std::stop_token& stop);
    void accept_one();
};

TcpForwarder::TcpForwarder(std::uint16_t port, std::string target_host_port)
    : port_(port), target_(std::move(target_host_port)) {}

TcpForwarder::~TcpForwarder() { stop(); }

Status TcpForwarder::start() {
    if (thread_.joinable()) {
        return {};
    }
    const auto target = address_of(target_);
    if (!target) {
        return Error{ErrorCode::invalid_argument,
                     fmt::format("forwarder: '{}' is not an IPv4 address and port", target_), false};
    }
    auto state = std::make_unique<State>();
    state->target = *target;
    state->wake = FileDescriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    state->listener = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    (void)::setsockopt(state->listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = loopback(port_);
    socklen_t size = sizeof address;
    if (::bind(state->listener.get(), untyped(address), size) != 0 || ::listen(state->listener.get(), 128) != 0 ||
        ::getsockname(state->listener.get(), untyped(address), &size) != 0) {
        const int reason = errno;
        return Error{reason == EADDRINUSE ? ErrorCode::already_exists : ErrorCode::unavailable,
                     fmt::format("port {} of 127.0.0.1: {}", port_, std::generic_category().message(reason)), false};
    }
    port_ = ntohs(address.sin_port);
    state_ = std::move(state);
    thread_ = std::jthread([this](const std::stop_token& stop) { state_->run(stop); });
    return {};
}

void TcpForwarder::stop() noexcept {
    if (thread_.joinable()) {
        thread_.request_stop();
        thread_.join();
    }
    state_.reset();
}

void TcpForwarder::State::run(const std::stop_token& stop) {
    const std::stop_callback waker(stop, [this] { (void)::eventfd_write(wake.get(), 1); });
    std::vector<pollfd> sockets;
    while (!stop.stop_requested()) {
        sockets.assign({{wake.get(), POLLIN, 0}, {listener.get(), POLLIN, 0}});
        for (const auto& connection : connections) {
            sockets.push_back(connection.client_interest());
            sockets.push_back(connection.server_interest());
        }
        if (::poll(sockets.data(), sockets.size(), -1) < 0) {
            continue; // EINTR; nothing else can happen to these descriptors
        }
        auto event = sockets.begin() + 2;
        std::erase_if(connections, [&](Connection& connection) {
            const short at_client = (event++)->revents;
            const short at_server = (event++)->revents;
            return !connection.step(at_client, at_server);
        });
        if (sockets[1].revents != 0) {
            accept_one();
        }
    }
}

void TcpForwarder::State::accept_one() {
    FileDescriptor client(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    FileDescriptor server(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address = target;
    if (!client || !server ||
        (::connect(server.get(), untyped(address), sizeof address) != 0 && errno != EINPROGRESS)) {
        return;
    }
    no_delay(client);
    no_delay(server);
    connections.push_back({.client = std::move(client), .server = std::move(server)});
}

} // namespace streaming
