#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stop_token>

namespace streaming::detail {

/// Lets a limited number of records into the send queue and makes others wait for room. Thread-safe.
class AdmissionGate {
public:
    using steady_time = std::chrono::steady_clock::time_point;

    explicit AdmissionGate(std::size_t capacity) : capacity_(capacity) {}

    /// Takes room for `wanted` records at most, for one at least. 0 = closed, stopped or past the deadline.
    [[nodiscard]] std::size_t admit(std::size_t wanted, std::stop_token stop, std::optional<steady_time> deadline = {});
    void leave(std::size_t count);
    void close(); ///< nobody gets in any more

    [[nodiscard]] bool closed() const;
    [[nodiscard]] std::size_t inside() const;
    /// Waits until all have left; false when they did not by then.
    [[nodiscard]] bool wait_until_empty(steady_time deadline);

private:
    const std::size_t capacity_;
    mutable std::mutex inside_mutex_{};
    std::condition_variable_any changed_{};
    std::size_t inside_ = 0;
    std::size_t waiting_ = 0;
    bool closed_ = false;
};

} // namespace streaming::detail
