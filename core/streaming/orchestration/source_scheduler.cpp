#include "core/streaming/orchestration/source_scheduler.hpp"

#include <algorithm>
#include <utility>

namespace streaming::detail {

namespace {

/// Of the time to stop, what is kept for those that stop after the sources.
constexpr std::chrono::seconds kReserve{16};
/// How long a source that was told to stop may take for it beyond its time.
constexpr std::chrono::seconds kGiveUpTime{1};
constexpr std::chrono::seconds kAfterException{1};

} // namespace

SourceScheduler::~SourceScheduler() {
    for (auto& thread : threads_) {
        thread.request_stop();
    }
}

bool SourceScheduler::add(std::shared_ptr<SourceFlow> source) {
    const std::scoped_lock lock(entries_mutex_);
    if (stopping_) {
        return false;
    }
    auto entry = std::make_unique<Entry>();
    entry->due = clock_.now();
    entry->source = std::move(source);
    entries_.push_back(std::move(entry));
    if (threads_.size() < std::min(most_threads_, entries_.size())) {
        threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
    }
    entries_changed_.notify_all();
    return true;
}

std::size_t SourceScheduler::remove(const std::shared_ptr<SourceFlow>& source, Clock::steady_time deadline) {
    std::unique_lock lock(entries_mutex_);
    const auto found = std::ranges::find_if(entries_, [&](const auto& entry) { return entry->source == source; });
    if (found == entries_.end()) {
        return 0;
    }
    Entry& entry = **found;
    entry.leaving = true; // from now on its runs only settle
    entry.due = clock_.now();
    entry.stop.request_stop();
    entries_changed_.notify_all();
    while (!stopping_ && (entry.running || source->open_rows() > 0) && clock_.now() < deadline) {
        clock_.wait_until(lock, entries_changed_, deadline, {});
    }
    const std::size_t left = source->open_rows();
    if (!entry.running) { // one that does not return stays, and is waited for by the destructor
        std::erase_if(entries_, [&](const auto& known) { return known->source == source; });
        lock.unlock();
        source->part();
    }
    return left;
}

void SourceScheduler::wake(const SourceFlow& source, Clock::steady_time time) noexcept {
    const std::scoped_lock lock(entries_mutex_);
    for (const auto& entry : entries_) {
        if (entry->source.get() == &source) {
            entry->woken = std::min(entry->woken, time);
            entry->due = std::min(entry->due, time);
            entries_changed_.notify_all();
            return;
        }
    }
}

bool SourceScheduler::runs(const SourceFlow& source) const noexcept {
    const std::scoped_lock lock(entries_mutex_);
    return std::ranges::any_of(entries_,
                               [&](const auto& entry) { return entry->source.get() == &source && entry->running; });
}

SourceScheduler::Entry* SourceScheduler::earliest() noexcept {
    const auto now = clock_.now();
    const auto goes_before = [now](const Entry& one, const Entry& other) {
        const Priority mine = one.source->priority();
        const Priority others = other.source->priority();
        return one.due <= now && other.due <= now && mine != others ? mine < others : one.due < other.due;
    };
    Entry* first = nullptr;
    for (const auto& entry : entries_) {
        if (!entry->running && (first == nullptr || goes_before(*entry, *first))) {
            first = entry.get();
        }
    }
    return first;
}

void SourceScheduler::run(const std::stop_token& stop) {
    std::unique_lock lock(entries_mutex_);
    while (!stop.stop_requested()) {
        Entry* const next = earliest();
        if (next == nullptr) {
            entries_changed_.wait(lock, stop, [this] { return earliest() != nullptr; });
        } else if (next->due > clock_.now()) {
            clock_.wait_until(lock, entries_changed_, next->due, stop);
        } else {
            run_entry(*next, lock);
        }
    }
}

void SourceScheduler::run_entry(Entry& entry, std::unique_lock<std::mutex>& lock) {
    entry.running = true;
    entry.woken = Clock::steady_time::max();
    const bool leaving = entry.leaving;
    const std::stop_token stop = entry.stop.get_token();
    SourceFlow& source = *entry.source;
    lock.unlock();
    Clock::steady_time due = Clock::steady_time::max();
    try {
        if (leaving) {
            source.finish();
        } else {
            source.run(stop);
            due = source.next_run();
        }
    } catch (const std::exception& error) { // a connector that is made or ended may throw: no thread ends by it
        due = source.failed(error.what()) + kAfterException;
    }
    lock.lock();
    entry.running = false;
    entry.due = entry.leaving && !leaving ? clock_.now() : std::min(due, entry.woken);
    entries_changed_.notify_all();
}

std::size_t SourceScheduler::running() const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(entries_, [](const auto& entry) { return entry->running; }));
}

void SourceScheduler::wait_while_running(std::unique_lock<std::mutex>& lock, Clock::steady_time until) {
    while (running() > 0 && clock_.now() < until) {
        clock_.wait_until(lock, entries_changed_, until, {});
    }
}

std::size_t SourceScheduler::stop(Clock::steady_time deadline) noexcept {
    std::unique_lock lock(entries_mutex_);
    stopping_ = true;
    for (auto& thread : threads_) {
        thread.request_stop();
    }
    for (const auto& entry : entries_) {
        entry->stop.request_stop();
    }
    entries_changed_.notify_all();
    const auto until = deadline - std::min<Clock::steady_time::duration>(kReserve, (deadline - clock_.now()) / 2);
    wait_while_running(lock, until);
    if (running() > 0) {
        wait_while_running(lock, clock_.now() + kGiveUpTime);
    }
    const std::size_t stuck = running();
    std::vector<std::jthread> ended;
    if (stuck == 0) {
        ended.swap(threads_);
    }
    lock.unlock();
    ended.clear(); // joins: without the lock
    return stuck;
}

} // namespace streaming::detail
