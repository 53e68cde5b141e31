#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace services::demo {

struct DemoOptions {
    std::chrono::seconds duration{20}; ///< time that records are made, 1-3600 s
    std::string brokers{"embedded"};   ///< embedded, or host:port of a Kafka
    std::string redis{};               ///< empty = ids are remembered in the process
    std::string report{};              ///< file for the account as JSON; empty = none
    std::optional<std::uint16_t>
        broker_port{};            ///< where other programs find the embedded broker; 0 = chosen by the system
    std::chrono::seconds hold{0}; ///< time that the broker stays up after the account
    std::string data{};           ///< folder of recordings; empty = ../shared/data if there is one, else our own
    bool help = false;

    [[nodiscard]] bool embedded() const { return brokers == "embedded"; }

    /// Throws std::invalid_argument, naming the flag and what is allowed.
    [[nodiscard]] static DemoOptions parse(int argc, char** argv);
    [[nodiscard]] static std::string usage();
};

} // namespace services::demo
