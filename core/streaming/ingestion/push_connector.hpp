#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/connector.hpp"

namespace streaming {

/// A source that speaks by itself (a webhook, a subscription, a device): it pushes its answers, the runtime polls them
/// out, oldest first, one a poll. Bounded by count and bytes; what does not fit is refused and counted, never dropped.
/// `push`, `close` and `counts` are for any thread; `fetch` for one at a time, as of every connector.
///
/// The runtime asks to be told (`on_news`) after each push and when `fetch` left some behind; in continuous_streaming
/// it then polls at once, in other modes at their interval. An answer of the status kNothing is no answer: the handler
/// is not called for it.
///
/// An answer that was fetched is gone from here: its rows are the runtime's to settle, and a crash before that loses
/// it, unless the source pushes it again.
class PushConnector final : public Connector {
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
    PushConnector(Clock& clock, Options options) : clock_(clock), options_(options) {}
    PushConnector(const PushConnector&) = delete;
    PushConnector& operator=(const PushConnector&) = delete;

    /// Waits up to `patience` for room. Errors: too_large (would never fit), timed_out (no room in time), stopped (by
    /// `stop` or `close`); the answer was not taken.
    Status push(Response response, std::chrono::milliseconds patience = std::chrono::milliseconds{0},
                std::stop_token stop = {});
    /// Never waits.
    Result<Response> fetch(const Request& request) override;
    /// Called by pushing threads and by `fetch`, short. An empty one ends it: when this returns, no call of the last
    /// one is running. Not to be called from the listener, nor with a lock held that the listener takes.
    void on_news(std::function<void()> listener) override;
    /// From now on pushes fail with `stopped`; waiting ones too. What was pushed can still be fetched.
    void close() noexcept;
    [[nodiscard]] Counts counts() const;

private:
    [[nodiscard]] bool has_room(std::size_t bytes) const;
    Status add(Response& response, std::chrono::milliseconds patience, const std::stop_token& stop);
    void notify();

    Clock& clock_;
    const Options options_;

    mutable std::mutex queue_mutex_{};
    std::condition_variable_any queue_changed_{};
    std::deque<Response> queue_{};
    Counts counts_{};
    bool closed_ = false;

    std::mutex listener_mutex_{};
    std::function<void()> listener_{};
};

} // namespace streaming
