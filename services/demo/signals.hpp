#pragma once

#include <chrono>

namespace services::demo {

/// Ctrl-C without a signal handler: SIGINT and SIGTERM are blocked in every thread and fetched where the program waits.
/// Made in main before any thread starts.
class StopSignals {
public:
    StopSignals();
    /// Waits; true = a signal came.
    bool wait_for(std::chrono::milliseconds time);
};

} // namespace services::demo
