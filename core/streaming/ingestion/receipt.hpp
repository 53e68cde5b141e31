#pragma once

#include <atomic>
#include <functional>
#include <utility>

namespace streaming {

/// Tells whoever gave an answer to a source what became of it, exactly once, so that the answer is acknowledged where
/// it came from (a webhook's caller, an MQTT broker) only when the broker has it. Goes with the answer, see
/// Response::receipt; one that is destroyed without a word was not delivered.
/// Thread-safe: the first `complete` counts.
class Receipt {
public:
    /// `delivered` = everything of the answer is safe: each row is acknowledged, in a dead-letter topic, or was there
    /// before (or can never be sent, and dead letters are switched off); or there was no row in it. False = some of it
    /// was given up or dropped because a queue was full, or the source or the process ends: it is to be pushed again.
    /// Called by any thread, also inside `PushBuffer::close` and the like; short; holds no lock of ours, so it may
    /// push. What it throws is ignored.
    using OnDone = std::function<void(bool delivered)>;

    explicit Receipt(OnDone on_done) : on_done_(std::move(on_done)) {}
    ~Receipt() { complete(false); }
    Receipt(const Receipt&) = delete;
    Receipt& operator=(const Receipt&) = delete;

    void complete(bool delivered) noexcept;

private:
    std::atomic<bool> completed_{false};
    OnDone on_done_;
};

} // namespace streaming
