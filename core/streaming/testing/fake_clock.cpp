#include "core/streaming/testing/fake_clock.hpp"

#include <algorithm>
#include <utility>

namespace streaming::fakes {
namespace {

using namespace std::chrono_literals;

constexpr Clock::steady_time kSteadyStart{1h};
constexpr Clock::system_time kSystemStart = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

} // namespace

FakeClock::FakeClock(std::shared_ptr<Activity> activity)
    : activity_(std::move(activity)), now_(kSteadyStart.time_since_epoch().count()) {}

Clock::steady_time FakeClock::now() const noexcept { return steady_time{steady_time::duration{now_.load()}}; }

Clock::system_time FakeClock::system_now() const noexcept {
    return kSystemStart + std::chrono::duration_cast<system_time::duration>(now() - kSteadyStart);
}

void FakeClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed, steady_time time,
                           std::stop_token stop) {
    Waiter waiter{.mutex = lock.mutex(), .changed = &changed, .deadline = time};
    {
        const std::lock_guard guard(waiters_mutex_);
        if (now() >= time) {
            return;
        }
        waiters_.push_back(&waiter);
    }
    activity_->bump();
    bool waited = false;
    changed.wait(lock, std::move(stop), [&waited] { return std::exchange(waited, true); });
    leave(lock, waiter);
}

void FakeClock::leave(std::unique_lock<std::mutex>& lock, Waiter& waiter) {
    {
        std::unique_lock guard(waiters_mutex_);
        std::erase(waiters_, &waiter);
        if (waiter.notifiers > 0) {
            // A move of time is about to lock the caller's mutex and to notify: both must outlive that.
            lock.unlock();
            notified_.wait(guard, [&] { return waiter.notifiers == 0; });
            guard.unlock();
            lock.lock();
        }
    }
    activity_->bump();
}

void FakeClock::advance(std::chrono::nanoseconds by) {
    move_to(now() + std::chrono::duration_cast<steady_time::duration>(by));
}

bool FakeClock::advance_to_next_deadline() {
    const auto waiting = deadlines();
    const auto earliest = std::min_element(waiting.begin(), waiting.end());
    if (earliest == waiting.end() || *earliest <= now()) {
        return false;
    }
    move_to(*earliest);
    return true;
}

void FakeClock::wake_all() {
    {
        const std::lock_guard guard(waiters_mutex_);
        for (Waiter* waiter : waiters_) {
            waiter->deadline = now(); // it counts as a waiter no more
        }
    }
    move_to(now());
}

std::vector<Clock::steady_time> FakeClock::deadlines() const {
    const std::lock_guard guard(waiters_mutex_);
    std::vector<steady_time> finite;
    for (const Waiter* waiter : waiters_) {
        if (waiter->deadline != steady_time::max()) {
            finite.push_back(waiter->deadline);
        }
    }
    return finite;
}

void FakeClock::move_to(steady_time time) {
    std::vector<Waiter*> due;
    {
        const std::lock_guard guard(waiters_mutex_);
        now_.store(time.time_since_epoch().count());
        for (Waiter* waiter : waiters_) {
            if (waiter->deadline <= time) {
                ++waiter->notifiers;
                due.push_back(waiter);
            }
        }
    }
    for (Waiter* waiter : due) {
        // It registered with its mutex held: whoever gets that mutex knows that it is inside its wait, or past it.
        { const std::lock_guard inside(*waiter->mutex); }
        waiter->changed->notify_all();
        const std::lock_guard guard(waiters_mutex_);
        --waiter->notifiers;
        notified_.notify_all();
    }
    for (const auto& listener : listeners_) {
        listener();
    }
    activity_->bump();
}

std::size_t FakeClock::waiters() const {
    const auto waiting = deadlines();
    return static_cast<std::size_t>(
        std::count_if(waiting.begin(), waiting.end(), [this](steady_time deadline) { return deadline > now(); }));
}

bool FakeClock::await_waiter() {
    const auto guard = std::chrono::steady_clock::now() + 10s;
    for (;;) {
        const auto seen = activity_->count();
        if (waiters() > 0) {
            return true;
        }
        if (!activity_->wait_past(seen, guard)) {
            return false;
        }
    }
}

void FakeClock::on_advance(std::function<void()> listener) { listeners_.push_back(std::move(listener)); }

} // namespace streaming::fakes
