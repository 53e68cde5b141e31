#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// Forwards TCP connections of one fixed loopback port to another address on this machine, so that a broker on a random
/// port can be found. One poll loop on one thread. Not for production traffic.
class TcpForwarder {
public:
    /// `port` 0 = chosen by the system. Of several targets ("host:port,host:port") the first one is used.
    TcpForwarder(std::uint16_t port, std::string target_host_port);
    ~TcpForwarder();
    TcpForwarder(const TcpForwarder&) = delete;
    TcpForwarder& operator=(const TcpForwarder&) = delete;

    Status start(); ///< binds 127.0.0.1; the error names the port when it is taken
    void stop() noexcept;
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
    struct State;

    std::uint16_t port_;
    std::string target_;
    std::unique_ptr<State> state_{};
    std::jthread thread_{};
};

} // namespace streaming
