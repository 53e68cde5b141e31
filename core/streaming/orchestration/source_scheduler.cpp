#include "core/streaming/orchestration/source_scheduler.hpp"

#include <algorithm>
#include <tuple>
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
    (*found)->leaving = true; // from now on its runs only settle
    (*found)->due = clock_.now();
    (*found)->stop.request_stop();
    entries_changed_.notify_all();
    while (!stopping_ && find(*source) != nullptr && clock_.now() < deadline) { // its last run takes it out
        clock_.wait_until(lock, entries_changed_, deadline, {});
    }
    return source->open_rows();
}

SourceScheduler::Entry* SourceScheduler::find(const SourceFlow& source) const noexcept {
    const auto found =
        std::ranges::find_if(entries_, [&](const auto& entry) { return entry->source.get() == &source; });
    return found == entries_.end() ? nullptr : found->get();
}

/// It ends without the lock: that is somebody else's code.
void SourceScheduler::drop(const SourceFlow& source, std::unique_lock<std::mutex>& lock) {
    std::vector<std::unique_ptr<Entry>> gone;
    const auto found =
        std::ranges::find_if(entries_, [&](const auto& entry) { return entry->source.get() == &source; });
    gone.push_back(std::move(*found));
    entries_.erase(found);
    entries_changed_.notify_all();
    lock.unlock();
    gone.clear();
    lock.lock();
}

void SourceScheduler::wake(const SourceFlow& source, Clock::steady_time time) noexcept {
    const std::scoped_lock lock(entries_mutex_);
    if (Entry* const entry = find(source)) {
        entry->woken = std::min(entry->woken, time);
        entry->due = std::min(entry->due, time);
        entries_changed_.notify_all();
    }
}

void SourceScheduler::wake_who_waits_for_room() noexcept {
    const auto now = clock_.now();
    const std::scoped_lock lock(entries_mutex_);
    for (const auto& entry : entries_) {
        if (entry->source->waits_for_room()) {
            entry->woken = std::min(entry->woken, now);
            entry->due = std::min(entry->due, now);
            entries_changed_.notify_all();
        }
    }
}

std::size_t SourceScheduler::open_rows() const noexcept {
    std::size_t sum = 0;
    const std::scoped_lock lock(entries_mutex_);
    for (const auto& entry : entries_) {
        sum += entry->source->open_rows();
    }
    return sum;
}

SourceScheduler::Entry* SourceScheduler::earliest() noexcept {
    const auto now = clock_.now();
    const auto goes_before = [now](const Entry& one, const Entry& other) {
        const bool next = one.source->is_next(); // in the line for room
        if (one.due <= now && other.due <= now && next != other.source->is_next()) {
            return next;
        }
        const Priority mine = one.source->priority();
        const Priority others = other.source->priority();
        if (one.due <= now && other.due <= now && mine != others) {
            return mine < others;
        }
        // Those that a host kept waiting are due together: who failed there just now does not go first again.
        return std::tie(one.due, one.ran) < std::tie(other.due, other.ran);
    };
    Entry* first = nullptr;
    for (const auto& entry : entries_) {
        if (!entry->running && (!stopping_ || entry->step) && (first == nullptr || goes_before(*entry, *first))) {
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
        } else if (!stopping_ && next->due > clock_.now()) {
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
    const Step step = std::exchange(entry.step, nullptr);
    SourceFlow& source = *entry.source;
    lock.unlock();
    Clock::steady_time due = Clock::steady_time::max();
    bool left = false;
    try {
        if (step) {
            step(source);
        } else if (leaving) {
            source.finish();
            left = source.open_rows() == 0;
            if (left) {
                source.part();
            }
        } else {
            source.run(stop);
            due = source.next_run();
        }
    } catch (const std::exception& error) { // a connector that is made or ended may throw: no thread ends by it
        due = source.failed(error.what()) + kAfterException;
    } catch (...) {
        due = source.failed("unknown exception") + kAfterException;
    }
    lock.lock();
    entry.running = false;
    entry.ran = clock_.now();
    entry.due = entry.leaving && !leaving ? clock_.now() : std::min(due, entry.woken);
    entries_changed_.notify_all();
    if (left) {
        drop(source, lock);
    }
}

std::size_t SourceScheduler::running() const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(entries_, [](const auto& entry) { return entry->running; }));
}

void SourceScheduler::wait_while_running(std::unique_lock<std::mutex>& lock, Clock::steady_time until) {
    while (running() > 0 && clock_.now() < until) {
        clock_.wait_until(lock, entries_changed_, until, {});
    }
}

std::size_t SourceScheduler::hold(Clock::steady_time deadline) noexcept {
    std::unique_lock lock(entries_mutex_);
    stopping_ = true;
    for (const auto& entry : entries_) {
        entry->stop.request_stop();
    }
    entries_changed_.notify_all();
    const auto until = deadline - std::min<Clock::steady_time::duration>(kReserve, (deadline - clock_.now()) / 2);
    wait_while_running(lock, until);
    if (running() > 0) {
        wait_while_running(lock, clock_.now() + kGiveUpTime);
    }
    return running();
}

std::size_t SourceScheduler::for_each(const Step& step, Clock::steady_time deadline) noexcept {
    std::unique_lock lock(entries_mutex_);
    std::vector<Entry*> open;
    for (const auto& entry : entries_) {
        if (!entry->running) {
            entry->step = step;
            open.push_back(entry.get());
        }
    }
    if (!open.empty() && running() >= threads_.size()) { // all are stuck
        threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
    }
    entries_changed_.notify_all();
    for (;;) { // entries stay where they are during a stop
        std::erase_if(open, [](const Entry* entry) { return !entry->step && !entry->running; });
        if (open.empty() || clock_.now() >= deadline) {
            break;
        }
        clock_.wait_until(lock, entries_changed_, deadline, {});
    }
    for (Entry* const entry : open) {
        entry->step = nullptr;
    }
    return open.size();
}

void SourceScheduler::end() noexcept {
    std::vector<std::jthread> ended;
    {
        const std::scoped_lock lock(entries_mutex_);
        for (auto& thread : threads_) {
            thread.request_stop();
        }
        if (running() == 0) {
            ended.swap(threads_);
        }
        entries_changed_.notify_all();
    }
    ended.clear(); // joins: without the lock
}

} // namespace streaming::detail
