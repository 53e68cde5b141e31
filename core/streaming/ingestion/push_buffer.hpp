#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/receipt.hpp"

namespace streaming {

/// The pushing side of a PushConnector: what a webhook, a subscription or a device keeps, as a shared_ptr. It outlives
/// the connector: once the source is removed or the process stops, a push returns `stopped`.
/// Bounded by count and bytes; what does not fit is refused and counted, never dropped. Thread-safe. Borrows the clock
/// until the connector ends.
class PushBuffer {
public:
    struct Options {
        std::size_t max_responses = 1000;            ///< at least 1
        std::size_t max_bytes = 16U * 1024U * 1024U; ///< of their bodies, at least 1
    };
    struct Counts {
        std::size_t waiting = 0;
        std::size_t waiting_bytes = 0;
        std::uint64_t pushed = 0;
        std::uint64_t refused = 0;
    };
    PushBuffer(Clock& clock, Options options) : clock_(clock), options_(options) {}
    PushBuffer(const PushBuffer&) = delete;
    PushBuffer& operator=(const PushBuffer&) = delete;

    /// Waits up to `patience` for room. Errors: too_large (would never fit), timed_out (no room in time), stopped (by
    /// `stop` or `close`, or the source ended); the answer was not taken then, and `on_done` is not called.
    /// Of an answer that was taken, `on_done` is called exactly once, when all its rows are settled or never will be;
    /// see Receipt. An answer that was taken and has no `on_done` is lost in a crash.
    Status push(Response response, std::chrono::milliseconds patience = std::chrono::milliseconds{0},
                std::stop_token stop = {}, Receipt::OnDone on_done = {});
    /// From now on pushes fail with `stopped`; waiting ones too. What was pushed is still fetched.
    void close() noexcept;
    [[nodiscard]] Counts counts() const;

    // The connector's side.

    /// The oldest, if there is one. Never waits.
    [[nodiscard]] std::optional<Response> take();
    /// See Connector::on_news.
    void on_news(std::function<void()> listener);
    /// Closes, and what was not taken is not delivered. When it returns no push waits any more.
    void end() noexcept;

private:
    [[nodiscard]] bool has_room(std::size_t bytes) const;
    [[nodiscard]] Status add(Response& response, std::chrono::milliseconds patience, const std::stop_token& stop,
                             Receipt::OnDone& on_done);
    void notify();

    Clock& clock_;
    const Options options_;

    mutable std::mutex queue_mutex_{};
    std::condition_variable_any queue_changed_{};
    std::deque<Response> queue_{};
    Counts counts_{};
    bool closed_ = false;
    std::size_t patient_ = 0; ///< pushes that wait for room

    std::mutex listener_mutex_{};
    std::function<void()> listener_{};
};

} // namespace streaming
