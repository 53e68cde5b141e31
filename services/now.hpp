#pragma once

#include <chrono>
#include <functional>

namespace services {

/// What time it is. A service gets it from outside, so that a test can tell it.
using Now = std::function<std::chrono::system_clock::time_point()>;

} // namespace services
