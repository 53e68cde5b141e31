#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"

namespace streaming::testing_support {

/// Ports on loopback that nobody has and no other test program takes while this lives. From below the range that the
/// system takes ports of outgoing connections from: a client that knocks at a killed broker from that very port would
/// be connected to itself.
class ReservedPorts {
public:
    /// `count` ports in a row.
    explicit ReservedPorts(int count);
    ~ReservedPorts();
    ReservedPorts(const ReservedPorts&) = delete;
    ReservedPorts& operator=(const ReservedPorts&) = delete;
    [[nodiscard]] int first() const noexcept { return first_; }

private:
    bool take(int first, int count);
    void give_back() noexcept;

    int first_ = 0;
    std::vector<int> marks_{};
};

/// An Apache Kafka of its own, started with tools/kafka by the constructor, on reserved ports and in a directory of
/// its own. It dies with the object, and with the test program however that ends. A broker takes seconds to start: one
/// per test program. Used by one thread.
/// Throws std::runtime_error when it does not start, with what tools/kafka and the broker said.
class RealKafka {
public:
    struct Options {
        std::string version{"4.1.1"};
        int brokers = 1;
        std::vector<std::string> settings{}; ///< NAME=VALUE of the brokers
    };
    explicit RealKafka(Options options);
    ~RealKafka();
    RealKafka(const RealKafka&) = delete;
    RealKafka& operator=(const RealKafka&) = delete;

    /// SIGKILL to broker `node` (1 and up), or to all of them. What was written stays.
    void kill9(std::optional<int> node = std::nullopt);
    void stop();    ///< ends all brokers cleanly
    void restart(); ///< starts those that do not run and waits until they serve

    [[nodiscard]] const std::string& bootstrap_servers() const noexcept { return bootstrap_servers_; }
    [[nodiscard]] const Options& options() const noexcept { return options_; }

    /// What this machine lacks to run that version, in the words of tools/kafka.
    [[nodiscard]] static std::optional<std::string> missing(const std::string& version);

private:
    void tool(const std::string& action, std::vector<std::string> arguments = {});
    [[nodiscard]] std::vector<std::string> command(const std::string& action) const;

    Options options_;
    ReservedPorts ports_;
    std::string directory_;
    std::string bootstrap_servers_{};
    int guard_line_ = -1; ///< the guard cleans up when this closes
    std::optional<ChildProcess> guard_{};
};

} // namespace streaming::testing_support
