#include "core/streaming/orchestration/source_scheduler.hpp"

#include <algorithm>

namespace streaming::detail {

namespace {

/// Of the time to stop, what is kept for those that stop after the sources.
constexpr std::chrono::seconds kReserve{8};
/// How long a poll that was told to give up may take for it.
constexpr std::chrono::seconds kGiveUpTime{1};

} // namespace

void SourceScheduler::start(const std::vector<std::unique_ptr<SourceFlow>>& sources) {
    {
        const std::scoped_lock lock(entries_mutex_);
        for (const auto& source : sources) {
            entries_.push_back({.source = source.get(), .due = clock_.now()});
        }
    }
    for (std::size_t i = 0; i < std::min(thread_count_, sources.size()); ++i) {
        threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
    }
}

std::size_t SourceScheduler::stop(Clock::steady_time deadline) noexcept {
    for (auto& thread : threads_) {
        thread.request_stop();
    }
    std::unique_lock lock(entries_mutex_);
    entries_changed_.notify_all();
    const auto running = [](const Entry& entry) { return entry.running; };
    const auto wait_for_polls = [&](Clock::steady_time until) {
        while (std::ranges::any_of(entries_, running) && clock_.now() < until) {
            clock_.wait_until(lock, entries_changed_, until, {});
        }
    };
    wait_for_polls(deadline - std::min<Clock::steady_time::duration>(kReserve, (deadline - clock_.now()) / 3));
    for (const Entry& entry : entries_) {
        entry.source->give_up();
    }
    wait_for_polls(clock_.now() + kGiveUpTime);
    const auto stuck = static_cast<std::size_t>(std::ranges::count_if(entries_, running));
    lock.unlock();
    if (stuck == 0) {
        threads_.clear();
    }
    return stuck;
}

void SourceScheduler::run(const std::stop_token& stop) {
    std::unique_lock lock(entries_mutex_);
    while (!stop.stop_requested()) {
        const auto next = std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
            return a.running != b.running ? !a.running : a.due < b.due;
        });
        if (next->running) {
            entries_changed_.wait(lock, stop, [this] {
                return std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return !entry.running; });
            });
            continue;
        }
        if (next->due > clock_.now()) {
            clock_.wait_until(lock, entries_changed_, next->due, stop);
            continue;
        }
        Entry& entry = *next; // entries are never added or moved while threads run
        entry.running = true;
        lock.unlock();
        entry.source->poll(stop);
        lock.lock();
        entry.running = false;
        entry.due = clock_.now() + entry.source->interval();
        entries_changed_.notify_all();
    }
}

} // namespace streaming::detail
