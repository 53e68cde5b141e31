#pragma once

#include <string>
#include <vector>

#include "core/streaming/infrastructure/platform.hpp"
#include "core/streaming/patterns/settings.hpp"

namespace streaming {

/// What one attempt to reach something outside came to.
struct ConnectionCheck {
    std::string what{}; ///< "broker localhost:9092"
    bool ok = false;
    std::string text{}; ///< "ok", or what failed; no secrets
};

/// Tries the broker, Redis and the hosts of the sources that are enabled, one after another, each for `timeout` at
/// most. Changes nothing there.
[[nodiscard]] std::vector<ConnectionCheck> check_connections(const Settings& settings, Platform& platform,
                                                             std::chrono::milliseconds timeout = 5s);

/// One line that says what a configuration amounts to; no secrets.
[[nodiscard]] std::string config_summary(const Settings& settings);

} // namespace streaming
