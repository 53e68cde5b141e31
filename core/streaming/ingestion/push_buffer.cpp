#include "core/streaming/ingestion/push_buffer.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace streaming {

Status PushBuffer::push(Response response, std::chrono::milliseconds patience, std::stop_token stop,
                        Receipt::OnDone on_done) {
    if (Status added = add(response, patience, stop, on_done); !added) {
        return added;
    }
    notify();
    return {};
}

Status PushBuffer::add(Response& response, std::chrono::milliseconds patience, const std::stop_token& stop,
                       Receipt::OnDone& on_done) {
    const std::size_t bytes = response.body.size();
    std::unique_lock lock(queue_mutex_);
    const auto refuse = [this](ErrorCode code, std::string message) {
        ++counts_.refused;
        return Error{.code = code, .message = std::move(message), .retryable = code == ErrorCode::timed_out};
    };
    if (bytes > options_.max_bytes) {
        return refuse(ErrorCode::too_large, fmt::format("an answer of {} bytes is more than the {} that may wait",
                                                        bytes, options_.max_bytes));
    }
    if (!closed_ && !has_room(bytes)) { // the clock may be gone with the connector
        ++patient_;
        const auto deadline = clock_.now() + patience;
        while (!closed_ && !stop.stop_requested() && !has_room(bytes) && clock_.now() < deadline) {
            clock_.wait_until(lock, queue_changed_, deadline, stop);
        }
        --patient_;
        queue_changed_.notify_all(); // `end` waits for it
    }
    if (closed_ || stop.stop_requested()) {
        return refuse(ErrorCode::stopped, "the source is stopped");
    }
    if (!has_room(bytes)) {
        return refuse(ErrorCode::timed_out, fmt::format("{} answers of {} bytes wait, there is no room", queue_.size(),
                                                        counts_.waiting_bytes));
    }
    if (on_done) {
        response.receipt = std::make_shared<Receipt>(std::move(on_done));
    }
    queue_.push_back(std::move(response));
    counts_.waiting_bytes += bytes;
    ++counts_.pushed;
    return {};
}

bool PushBuffer::has_room(std::size_t bytes) const {
    return queue_.size() < options_.max_responses && counts_.waiting_bytes + bytes <= options_.max_bytes;
}

std::optional<Response> PushBuffer::take() {
    std::optional<Response> response;
    bool more = false;
    {
        const std::scoped_lock lock(queue_mutex_);
        if (queue_.empty()) {
            return response;
        }
        response = std::move(queue_.front());
        queue_.pop_front();
        counts_.waiting_bytes -= response->body.size();
        more = !queue_.empty();
    }
    queue_changed_.notify_all();
    if (more) {
        notify();
    }
    return response;
}

/// The listener's mutex is held while it runs, so that on_news can wait for it: its owner may be about to go.
void PushBuffer::notify() {
    const std::scoped_lock lock(listener_mutex_);
    if (listener_) {
        listener_();
    }
}

void PushBuffer::on_news(std::function<void()> listener) {
    const std::scoped_lock lock(listener_mutex_);
    listener_ = std::move(listener);
}

void PushBuffer::close() noexcept {
    {
        const std::scoped_lock lock(queue_mutex_);
        closed_ = true;
    }
    queue_changed_.notify_all();
}

void PushBuffer::end() noexcept {
    close();
    on_news({});
    std::deque<Response> left; // their receipts are completed without the lock
    std::unique_lock lock(queue_mutex_);
    queue_changed_.wait(lock, [this] { return patient_ == 0; });
    left.swap(queue_);
    counts_.waiting_bytes = 0;
    lock.unlock();
}

PushBuffer::Counts PushBuffer::counts() const {
    const std::scoped_lock lock(queue_mutex_);
    Counts counts = counts_;
    counts.waiting = queue_.size();
    return counts;
}

} // namespace streaming
