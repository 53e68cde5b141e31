#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"

namespace streaming::testing_support {

/// A port of 127.0.0.1 that is free now, for programs that cannot choose one.
[[nodiscard]] std::uint16_t free_port();

/// An MQTT broker of its own: a mosquitto process on a free port of 127.0.0.1, its state in a new directory. What it
/// has for persistent sessions survives `restart`. Started by the constructor; the process dies with the object. Throws
/// std::runtime_error when it cannot be started.
class MosquittoBroker {
public:
    /// Lines of mosquitto.conf; `{dir}` is the directory.
    explicit MosquittoBroker(std::vector<std::string> lines = {"allow_anonymous true"});
    ~MosquittoBroker();
    MosquittoBroker(const MosquittoBroker&) = delete;
    MosquittoBroker& operator=(const MosquittoBroker&) = delete;

    void start(); ///< waits until it accepts connections
    void stop();  ///< SIGTERM: it writes what it has
    void restart();

    /// Waits until the broker has it (QoS 1).
    void publish(const std::string& topic, const std::string& payload, bool retained = false) const;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

private:
    std::vector<std::string> lines_;
    std::string directory_;
    std::uint16_t port_ = 0;
    std::optional<ChildProcess> process_{};
};

} // namespace streaming::testing_support
