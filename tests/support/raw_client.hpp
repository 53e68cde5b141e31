#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace streaming::testing_support {

/// A client that says exactly what it is told.
class RawClient {
public:
    explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    ~RawClient() { ::close(socket_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }
    void say(std::string_view text) const {
        static_cast<void>(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL));
    }
    /// POST of a body to a path, `headers` each with its line end; everything that comes back.
    [[nodiscard]] std::string post(const std::string& path, const std::string& body,
                                   const std::string& headers = "") const {
        say("POST " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + headers +
            "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        return hear();
    }
    /// Everything up to the end of the connection.
    [[nodiscard]] std::string hear() const {
        std::string all;
        std::array<char, 4096> part;
        for (ssize_t count = 0; (count = ::recv(socket_, part.data(), part.size(), 0)) > 0;) {
            all.append(part.data(), static_cast<std::size_t>(count));
        }
        return all;
    }
    [[nodiscard]] std::string ask(const std::string& first_line) const {
        say(first_line + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        return hear();
    }

private:
    int socket_;
    bool connected_ = false;
};

} // namespace streaming::testing_support
