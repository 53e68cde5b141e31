#pragma once

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

namespace bench {

/// What one leg process is told: the same flags for the twin and for ours.
struct LegOptions {
    std::string leg{};     ///< consume, copy
    std::string brokers{}; ///< host:port
    std::string topic{};
    std::string group{};
    std::string out{};       ///< output topic of copy
    std::size_t records = 0; ///< in the topic: the leg ends when all were handled

    /// Takes one flag and its value; false when it is none of ours.
    bool take(std::string_view flag, const char* value) {
        if (flag == "--leg") {
            leg = value;
        } else if (flag == "--brokers") {
            brokers = value;
        } else if (flag == "--topic") {
            topic = value;
        } else if (flag == "--group") {
            group = value;
        } else if (flag == "--out") {
            out = value;
        } else if (flag == "--records") {
            records = std::strtoull(value, nullptr, 10);
        } else {
            return false;
        }
        return true;
    }

    [[nodiscard]] bool complete() const {
        return (leg == "consume" || (leg == "copy" && !out.empty())) && !brokers.empty() && !topic.empty() &&
               !group.empty() && records > 0;
    }
};

} // namespace bench
