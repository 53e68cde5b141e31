#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/message_consumer.hpp"
#include "core/streaming/orchestration/record_task.hpp"

namespace streaming::detail {

/// How lanes and the delivery thread hand finished work back to the poll thread, and wake it when it sleeps. An
/// intrusive stack: any thread pushes with one compare-and-swap, the poll thread takes everything at once. The poll
/// thread sleeps in one of two places: inside MessageConsumer::consume, or here.
class CompletionInbox {
public:
    CompletionInbox(Clock& clock, MessageConsumer& consumer) : clock_(clock), consumer_(consumer) {}

    /// Links in a chain. Wakes nobody: call `wake_sleeper` after the last push of a batch.
    void push(InboxNode* first, InboxNode* last) noexcept {
        InboxNode* head = head_.load(std::memory_order_relaxed);
        do {
            last->next = head;
        } while (!head_.compare_exchange_weak(head, first, std::memory_order_seq_cst, std::memory_order_relaxed));
    }
    void wake_sleeper() noexcept;

    /// Everything pushed so far, newest first; null when there is nothing.
    [[nodiscard]] InboxNode* take_all() noexcept { return head_.exchange(nullptr, std::memory_order_seq_cst); }

    /// Calls `consume` in a way that a push ends it early: `sleep` is false when something is here already.
    template <class Consume>
    auto sleep_in_consumer(Consume consume) {
        place_.store(Place::consumer, std::memory_order_seq_cst);
        const bool empty = head_.load(std::memory_order_seq_cst) == nullptr;
        auto result = consume(empty);
        place_.store(Place::awake, std::memory_order_relaxed);
        return result;
    }
    /// Sleeps until a push, `time`, a stop or `nudge`.
    void sleep_here(Clock::steady_time time, const std::stop_token& stop);
    void nudge() noexcept; ///< ends a sleep wherever it is; thread-safe

private:
    enum class Place { awake, consumer, here };

    Clock& clock_;
    MessageConsumer& consumer_;
    std::atomic<InboxNode*> head_{nullptr};
    std::atomic<Place> place_{Place::awake};
    std::mutex sleep_mutex_{};
    std::condition_variable_any sleep_changed_{};
    bool nudged_ = false;
};

} // namespace streaming::detail
