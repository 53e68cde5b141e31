#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "core/streaming/infrastructure/microhttpd_later_answers.hpp"

namespace streaming::detail {

ServedResponse LaterAnswers::come_again() {
    return {.status = MHD_HTTP_SERVICE_UNAVAILABLE, .body = "try again\n", .headers = {{"Retry-After", "1"}}};
}

LaterAnswers::LaterAnswers() : inbox_(std::make_shared<Inbox>()) {}

bool LaterAnswers::open() {
    inbox_ = std::make_shared<Inbox>(); // answers to requests of an earlier life go nowhere
    inbox_->wake = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    closed_ = false;
    return inbox_->wake.get() >= 0;
}

void LaterAnswers::close() noexcept {
    closed_ = true;
    for (auto& [id, request] : requests_) {
        request.deadline = SteadyTime::min();
    }
    (void)end_late_ones();
}

std::uint64_t LaterAnswers::add(MHD_Connection* connection, SteadyTime deadline) {
    requests_.emplace(++last_, Request{.connection = connection, .deadline = deadline});
    return last_;
}

HttpServer::Answer LaterAnswers::reply_to(std::uint64_t request) const {
    return [inbox = inbox_, request](ServedResponse answer) {
        {
            const std::scoped_lock lock(inbox->mutex);
            inbox->answers.emplace(request, std::move(answer));
        }
        eventfd_write(inbox->wake.get(), 1);
    };
}

std::optional<std::chrono::milliseconds> LaterAnswers::end_late_ones() {
    const SteadyTime now = std::chrono::steady_clock::now();
    std::optional<std::chrono::milliseconds> next;
    for (auto& [id, request] : requests_) {
        if (request.answer) {
            continue;
        }
        if (request.deadline <= now) {
            reply_to(id)(come_again());
            continue;
        }
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(request.deadline - now);
        next = next ? std::min(*next, wait) : wait;
    }
    return next;
}

std::vector<MHD_Connection*> LaterAnswers::answered() {
    eventfd_t woken = 0;
    eventfd_read(inbox_->wake.get(), &woken);
    std::map<std::uint64_t, ServedResponse> answers;
    {
        const std::scoped_lock lock(inbox_->mutex);
        answers.swap(inbox_->answers);
    }
    std::vector<MHD_Connection*> connections;
    for (auto& [id, answer] : answers) {
        const auto request = requests_.find(id);
        if (request != requests_.end() && !request->second.answer) {
            request->second.answer = std::move(answer);
            connections.push_back(request->second.connection);
        }
    }
    return connections;
}

ServedResponse LaterAnswers::take(std::uint64_t request) {
    const auto found = requests_.find(request);
    ServedResponse answer =
        found == requests_.end() ? come_again() : std::move(found->second.answer).value_or(come_again());
    requests_.erase(request);
    return answer;
}

void LaterAnswers::wake() const noexcept { eventfd_write(inbox_->wake.get(), 1); }

int LaterAnswers::wake_fd() const noexcept { return inbox_->wake.get(); }

} // namespace streaming::detail
