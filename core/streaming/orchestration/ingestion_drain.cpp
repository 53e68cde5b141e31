#include "core/streaming/orchestration/ingestion_drain.hpp"

#include <algorithm>
#include <utility>

namespace streaming::detail {

namespace {

constexpr Clock::steady_time kNoTime = Clock::steady_time::max();
/// Records given up at once.
constexpr std::size_t kAtOnce = 500;
/// How long a thread that was told that time is up may take to see it.
constexpr std::chrono::seconds kGiveUpTime{1};
constexpr std::chrono::seconds kAfterException{1};

} // namespace

void IngestionDrain::configure(const SendingOptions& options) noexcept {
    batch_size_ = options.batch_size;
    batch_interval_ = options.batch_interval;
}

void IngestionDrain::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void IngestionDrain::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::optional<Rest> rest;
        bool well = dependencies_.trouble.attempt([&] { rest = work(stop); }); // apart: a trouble is over before a rest
        if (well && rest) {
            well = dependencies_.trouble.attempt([&] { dependencies_.queue.wait(rest->at_least, rest->until, stop); });
        }
        if (!well) {
            pause(stop);
        }
    }
    finish();
    const std::scoped_lock lock(ended_mutex_);
    ended_ = true;
    ended_changed_.notify_all();
}

std::optional<IngestionDrain::Rest> IngestionDrain::work(const std::stop_token& stop) {
    auto& [clock, queue, throttle, producer, trouble, on_room] = dependencies_;
    producer.serve(stop);
    const Clock::steady_time next = producer.next_due().value_or(kNoTime);
    const std::size_t waiting = queue.size();
    const auto oldest = queue.oldest();
    if (waiting == 0 || !oldest) {
        return Rest{.at_least = 1, .until = next};
    }
    const std::size_t batch_size = batch_size_;
    const Clock::steady_time old = *oldest + batch_interval_.load();
    const bool full = waiting >= batch_size || queue.is_full();
    if (producer.wants(full ? batch_size : waiting, clock.now() - *oldest)) {
        return send_some(std::min(waiting, batch_size), next, stop);
    }
    if (full || clock.now() >= old) { // as much is on its way as may be: what comes back interrupts
        return Rest{.at_least = QueueManager::kNoCount, .until = next};
    }
    return Rest{.at_least = batch_size, .until = std::min(next, old)};
}

std::optional<IngestionDrain::Rest> IngestionDrain::send_some(std::size_t wanted, Clock::steady_time next,
                                                              const std::stop_token& stop) {
    auto& [clock, queue, throttle, producer, trouble, on_room] = dependencies_;
    const auto admission = throttle.admit(wanted, "queue");
    if (admission.records == 0) {
        return Rest{.at_least = QueueManager::kNoCount, .until = std::min(next, admission.not_before)};
    }
    auto batch = queue.dequeue_batch(admission.records);
    on_room(); // first: sending may have to wait
    producer.send(std::move(batch), stop);
    return std::nullopt;
}

void IngestionDrain::pause(const std::stop_token& stop) {
    const auto until = dependencies_.clock.now() + kAfterException;
    std::unique_lock lock(ended_mutex_);
    while (!stop.stop_requested() && dependencies_.clock.now() < until) {
        dependencies_.clock.wait_until(lock, ended_changed_, until, stop);
    }
}

/// The sources have stopped: nothing is added any more.
void IngestionDrain::finish() {
    QueueManager& queue = dependencies_.queue;
    ProducerWrapper& producer = dependencies_.producer;
    const std::stop_token out_of_time = out_of_time_.get_token();
    while (!out_of_time.stop_requested() && dependencies_.clock.now() < deadline_ &&
           (queue.size() > 0 || producer.in_flight() > 0)) {
        const bool well = dependencies_.trouble.attempt([&] {
            producer.serve(out_of_time);
            if (auto batch = queue.dequeue_batch(batch_size_); !batch.empty()) {
                producer.send(std::move(batch), out_of_time);
            } else if (producer.in_flight() > 0) {
                queue.wait(QueueManager::kNoCount, std::min(deadline_, producer.next_due().value_or(kNoTime)),
                           out_of_time);
            }
        });
        if (!well) {
            pause(out_of_time);
        }
    }
    give_up_rest();
}

/// What there is no memory for to take it out stays: its source, which is told nothing, repeats it as well.
void IngestionDrain::give_up_rest() {
    QueueManager& queue = dependencies_.queue;
    given_up_ = queue.size();
    (void)dependencies_.trouble.attempt([&] {
        for (auto left = queue.dequeue_batch(kAtOnce); !left.empty(); left = queue.dequeue_batch(kAtOnce)) {
            for (const IngestionRecord& record : left) {
                record.settle(Settlement::given_up);
            }
        }
    });
    given_up_ += dependencies_.producer.give_up();
}

std::size_t IngestionDrain::stop(Clock::steady_time deadline) noexcept {
    if (!thread_.joinable()) {
        return 0;
    }
    deadline_ = deadline;
    thread_.request_stop();
    dependencies_.queue.interrupt();
    {
        std::unique_lock lock(ended_mutex_);
        const auto wait_until = [&](Clock::steady_time until) {
            while (!ended_ && dependencies_.clock.now() < until) {
                dependencies_.clock.wait_until(lock, ended_changed_, until, {});
            }
        };
        wait_until(deadline);
        out_of_time_.request_stop();
        wait_until(dependencies_.clock.now() + kGiveUpTime);
        if (!ended_) {
            return 1; // it hangs, with at least one record: the destructor waits for it
        }
    }
    thread_.join();
    return given_up_;
}

} // namespace streaming::detail
