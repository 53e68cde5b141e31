#include "core/streaming/orchestration/lane.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace streaming::detail {

namespace {

/// Messages wait for company while the lane has more records to run: so many, so long, and not behind a slow handler.
constexpr std::size_t kFlushAtRecords = 64;
constexpr std::chrono::milliseconds kFlushAfter{1};
constexpr std::chrono::microseconds kSlowHandler{100};

} // namespace

void Lane::start() {
    last_end_ = last_flush_ = dependencies_.clock.now();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Lane::give(LaneWork& work) {
    {
        const std::scoped_lock lock(inbox_mutex_);
        given_.push_back(&work);
    }
    inbox_changed_.notify_one();
}

void Lane::redo(RecordTask& task) {
    {
        const std::scoped_lock lock(inbox_mutex_);
        redone_.push_back(&task);
    }
    inbox_changed_.notify_one();
}

void Lane::sweep() {
    {
        const std::scoped_lock lock(inbox_mutex_);
        sweep_ = true;
    }
    inbox_changed_.notify_one();
}

void Lane::begin_stop() {
    handlers_stop_.request_stop();
    {
        const std::scoped_lock lock(inbox_mutex_);
        stopping_ = true;
        sweep_ = true;
    }
    inbox_changed_.notify_one();
}

void Lane::request_stop() noexcept {
    handlers_stop_.request_stop();
    thread_.request_stop();
}

Lane::Running Lane::running() const noexcept {
    const RecordTask* task = running_.load(std::memory_order_acquire);
    return {task, Clock::steady_time(Clock::steady_time::duration(running_since_.load(std::memory_order_relaxed)))};
}

void Lane::run(const std::stop_token& stop) {
    try {
        while (!stop.stop_requested()) {
            run_once(stop);
        }
    } catch (...) { // handlers are guarded: it is memory
        dependencies_.owner.on_lane_threw();
    }
}

void Lane::run_once(const std::stop_token& stop) {
    wait_for_work(stop);
    if (giving_up_ || !parked_.empty()) {
        discard_revoked();
    }
    for (RecordTask* task : std::exchange(redos_, {})) {
        task->delivery_failed.store(false, std::memory_order_relaxed);
        if (giving_up_ || task->partition->revoked.load(std::memory_order_acquire)) {
            abandon(*task);
            continue;
        }
        task->own_outputs = std::make_unique<OutputBuffer>();
        (void)attempt(*task, *task->own_outputs, false, true);
    }
    for (LaneWork* work : works_) {
        run_work(*work);
    }
    works_.clear();
    run_due();
    hand_back();
}

void Lane::wait_for_work(const std::stop_token& stop) {
    std::unique_lock lock(inbox_mutex_);
    while (given_.empty() && redone_.empty() && !sweep_ && !stop.stop_requested()) {
        if (parked_.empty()) {
            inbox_changed_.wait(lock, stop, [this] { return !given_.empty() || !redone_.empty() || sweep_; });
            last_end_ = dependencies_.clock.now();
            continue;
        }
        const auto earliest = std::min_element(
            parked_.begin(), parked_.end(), [](const auto& a, const auto& b) { return a.second.due < b.second.due; });
        if (earliest->second.due <= dependencies_.clock.now()) {
            break;
        }
        dependencies_.clock.wait_until(lock, inbox_changed_, earliest->second.due, stop);
        last_end_ = dependencies_.clock.now();
    }
    works_.swap(given_);
    redos_.swap(redone_);
    sweep_ = false;
    giving_up_ = stopping_;
}

void Lane::run_work(LaneWork& work) {
    for (RecordTask* task : work.tasks) {
        if (task->partition->revoked.load(std::memory_order_acquire)) {
            abandon(*task);
            continue;
        }
        if (!parked_.empty()) {
            if (const auto waiting = parked_.find(order_key(*task));
                waiting != parked_.end() && dependencies_.ordering != Ordering::none) {
                waiting->second.tasks.push_back(task);
                continue;
            }
        }
        (void)attempt(*task, work.outputs, true, false);
        if (++unflushed_ >= kFlushAtRecords || last_end_ - last_flush_ >= kFlushAfter ||
            task->handler_time >= kSlowHandler) {
            flush(work.outputs);
            hand_back();
        }
    }
    flush(work.outputs);
    done(work);
    hand_back();
}

void Lane::run_due() {
    if (parked_.empty()) {
        return;
    }
    std::vector<std::uint64_t> due;
    const auto now = dependencies_.clock.now();
    for (const auto& [key, parked] : parked_) {
        if (parked.due <= now) {
            due.push_back(key);
        }
    }
    for (const std::uint64_t key : due) {
        auto tasks = std::move(parked_[key].tasks);
        parked_.erase(key);
        while (!tasks.empty()) {
            RecordTask* task = tasks.front();
            tasks.pop_front();
            if (task->partition->revoked.load(std::memory_order_acquire)) {
                abandon(*task);
                continue;
            }
            task->own_outputs = std::make_unique<OutputBuffer>();
            if (!attempt(*task, *task->own_outputs, false, false)) {
                if (const auto again = parked_.find(key); again != parked_.end()) {
                    again->second.tasks.insert(again->second.tasks.end(), tasks.begin(), tasks.end());
                    break;
                }
            }
        }
    }
}

void Lane::discard_revoked() {
    for (auto at = parked_.begin(); at != parked_.end();) {
        auto& tasks = at->second.tasks;
        std::erase_if(tasks, [this](RecordTask* task) {
            const bool give_up = giving_up_ || task->partition->revoked.load(std::memory_order_acquire);
            if (give_up) {
                abandon(*task);
            }
            return give_up;
        });
        at = tasks.empty() ? parked_.erase(at) : std::next(at);
    }
}

bool Lane::attempt(RecordTask& task, OutputBuffer& outputs, bool shared_outputs, bool after_failed_delivery) {
    const std::size_t before = outputs.size();
    running_since_.store(last_end_.time_since_epoch().count(), std::memory_order_relaxed);
    running_.store(&task, std::memory_order_release);
    const auto start = last_end_;
    Verdict verdict;
    if (after_failed_delivery) {
        const Error error = *task.delivery_error;
        verdict = dependencies_.layer.delivery_failed(task.state, error, outputs, task);
    } else if (task.malformed != nullptr && !task.state.dead_lettering) {
        verdict = dependencies_.layer.reject(task.state, *task.malformed, outputs, task);
    } else {
        verdict = dependencies_.layer.attempt(task.state, outputs, task, handlers_stop_.get_token());
    }
    running_.store(nullptr, std::memory_order_release);
    last_end_ = dependencies_.clock.now();
    if (task.malformed == nullptr && !after_failed_delivery) {
        task.handler_time = last_end_ - start; // of its last attempt
    }
    switch (verdict.kind) {
        case Verdict::Kind::complete:
            task.undelivered.store(static_cast<std::uint32_t>(outputs.size() - before), std::memory_order_relaxed);
            if (outputs.size() == before) {
                done(task);
            } else if (!shared_outputs) {
                submit(task, outputs);
            }
            return true;
        case Verdict::Kind::retry:
            dependencies_.owner.on_retry();
            if (giving_up_) {
                abandon(task);
            } else {
                park(task, verdict.retry_at, true);
            }
            return false;
        case Verdict::Kind::halt:
            dependencies_.owner.on_halt(task);
            abandon(task);
            return false;
    }
    return false;
}

void Lane::submit(RecordTask& task, OutputBuffer& outputs) {
    // One report more than messages, given below: until then the task, and the buffer it owns, stay ours.
    task.undelivered.fetch_add(1, std::memory_order_relaxed);
    flush(outputs);
    if (task.undelivered.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        done(task);
    }
}

void Lane::park(RecordTask& task, Clock::steady_time due, bool in_front) {
    auto& parked = parked_[order_key(task)];
    if (parked.tasks.empty() || in_front) {
        parked.due = due;
        parked.tasks.push_front(&task);
    } else {
        parked.tasks.push_back(&task);
    }
}

void Lane::abandon(RecordTask& task) {
    task.abandoned = true;
    done(task);
}

std::uint64_t Lane::order_key(RecordTask& task) const {
    if (!task.order_key) {
        task.order_key = order_key_of(task, dependencies_.ordering);
    }
    return *task.order_key;
}

void Lane::flush(OutputBuffer& outputs) {
    last_flush_ = last_end_;
    unflushed_ = 0;
    const auto records = outputs.unsent();
    if (records.empty()) {
        return;
    }
    outputs.mark_sent();
    dependencies_.producer.send_batch(records, thread_.get_stop_token());
    last_end_ = last_flush_ = dependencies_.clock.now(); // waiting for room is no handler's time
}

void Lane::done(InboxNode& node) noexcept {
    node.next = done_first_;
    done_first_ = &node;
    if (done_last_ == nullptr) {
        done_last_ = &node;
    }
}

void Lane::hand_back() noexcept {
    if (done_first_ != nullptr) {
        dependencies_.owner.on_lane_done(std::exchange(done_first_, nullptr), std::exchange(done_last_, nullptr));
    }
}

} // namespace streaming::detail
