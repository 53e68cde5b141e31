#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/file_descriptor.hpp"

namespace streaming::testing_support {

/// One connection to a RawServer.
class RawConnection {
public:
    RawConnection(detail::FileDescriptor socket, std::stop_token stop)
        : socket_(std::move(socket)), stop_(std::move(stop)) {}

    /// Head of the next request; empty = the client is gone, or the server stops.
    std::string request() {
        std::string head;
        char byte = 0;
        while (head.find("\r\n\r\n") == std::string::npos && readable() && ::recv(socket_.get(), &byte, 1, 0) == 1) {
            head += byte;
        }
        return head.find("\r\n\r\n") == std::string::npos ? std::string() : head;
    }
    /// False = the client is gone, or the server stops.
    bool send(std::string_view bytes) {
        while (!bytes.empty() && !stop_.stop_requested()) {
            pollfd ready{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
            if (::poll(&ready, 1, 50) == 0) {
                continue;
            }
            const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return !stop_.stop_requested();
    }
    /// Until the client goes away or the server stops.
    void hang() {
        char byte = 0;
        while (readable() && ::recv(socket_.get(), &byte, 1, 0) == 1) {
        }
    }
    /// False = the server stops.
    bool wait(std::chrono::milliseconds time) {
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop_, time, [] { return false; });
        return !stop_.stop_requested();
    }

private:
    bool readable() {
        while (!stop_.stop_requested()) {
            pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
            if (::poll(&ready, 1, 50) != 0) {
                return true;
            }
        }
        return false;
    }

    detail::FileDescriptor socket_;
    std::stop_token stop_;
};

/// A TCP server on loopback that does with each connection what a function says, each on a thread of its own: for
/// servers that do not keep to HTTP.
class RawServer {
public:
    using Script = std::function<void(RawConnection&)>;

    explicit RawServer(Script script) : script_(std::move(script)), listener_(listen_on_loopback(64)) {
        port_ = port_of(listener_);
        thread_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
    }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    [[nodiscard]] std::size_t connections() const noexcept { return connections_; }

    static detail::FileDescriptor listen_on_loopback(int backlog) {
        detail::FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
            ::listen(listener.get(), backlog) != 0) {
            throw std::runtime_error("cannot listen on loopback");
        }
        return listener;
    }
    static std::uint16_t port_of(const detail::FileDescriptor& socket) {
        sockaddr_in address{};
        socklen_t size = sizeof(address);
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
        return ntohs(address.sin_port);
    }

private:
    void accept_all(const std::stop_token& stop) {
        std::vector<std::jthread> threads;
        while (!stop.stop_requested()) {
            pollfd ready{.fd = listener_.get(), .events = POLLIN, .revents = 0};
            if (::poll(&ready, 1, 50) <= 0) {
                continue;
            }
            detail::FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            ++connections_;
            threads.emplace_back([this, stop, taken = std::move(socket)]() mutable {
                RawConnection connection(std::move(taken), stop);
                script_(connection);
            });
        }
    }

    Script script_;
    detail::FileDescriptor listener_;
    std::uint16_t port_ = 0;
    std::atomic<std::size_t> connections_{0};
    std::jthread thread_{}; // last: ends before what it uses
};

} // namespace streaming::testing_support
