#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/infrastructure/topic_admin.hpp"

namespace tributary {

struct BrokerArguments {
    std::uint16_t port = 9092; ///< 0 = chosen by the system
    std::vector<streaming::TopicSpec> topics{};
};

/// Reads `name:partitions,name:partitions`.
[[nodiscard]] streaming::Result<std::vector<streaming::TopicSpec>> parse_topics(const std::string& text);

/// `tributary broker`: the in-memory broker on a fixed port, until SIGINT or SIGTERM. Returns the exit code.
int run_broker(const BrokerArguments& arguments);

} // namespace tributary
