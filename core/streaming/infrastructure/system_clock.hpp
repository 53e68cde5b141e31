#pragma once

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// The time of this machine.
class SystemClock final : public Clock {
public:
    [[nodiscard]] steady_time now() const noexcept override;
    [[nodiscard]] system_time system_now() const noexcept override;
    void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed, steady_time time,
                    std::stop_token stop) override;
};

/// The one of this process; it has no state.
[[nodiscard]] Clock& system_clock();

} // namespace streaming
