#include "core/streaming/orchestration/source_rows.hpp"

#include <utility>

namespace streaming::detail {

bool SourceRows::add(SourceRow& row, Clock::steady_time fetched) {
    const auto [place, added] =
        open_.try_emplace(fingerprint(row.id), Open{.poll = this_poll_, .rejected = row.rejected.has_value()});
    if (added) {
        ++waits_for_;
        waiting_.push_back({.row = std::move(row), .fetched = fetched});
    } else if (const auto earlier = polls_.find(place->second.poll); earlier != polls_.end()) {
        auto& followers = earlier->second.followers;
        if (followers.empty() || followers.back() != this_poll_) {
            followers.push_back(this_poll_);
            ++waits_for_;
        }
    }
    return added;
}

std::optional<SourceRows::Poll> SourceRows::end_poll(Poll poll) {
    const std::uint64_t number = this_poll_++;
    const std::size_t waits_for = std::exchange(waits_for_, 0);
    if (waits_for == 0) {
        return poll;
    }
    polls_.emplace(number, OpenPoll{.poll = std::move(poll), .open = waits_for});
    return std::nullopt;
}

void SourceRows::forget_plans() {
    for (auto& [number, open] : polls_) {
        open.poll.planned = false;
    }
}

SourceRows::Waiting SourceRows::take_waiting() {
    Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
}

SourceRows::Done SourceRows::settle(std::string_view id, Settlement settlement) {
    const auto place = open_.find(fingerprint(id));
    const Open row = place->second;
    open_.erase(place);
    Done done{.rejected = row.rejected};
    const auto poll = polls_.find(row.poll);
    if (poll == polls_.end()) { // something threw before its end: the next poll has one row less to wait for
        --waits_for_;
        return done;
    }
    OpenPoll& open = poll->second;
    open.poll.ok = open.poll.ok && settlement != Settlement::given_up;
    open.poll.delivered =
        open.poll.delivered && settlement != Settlement::given_up && settlement != Settlement::dropped;
    if (--open.open == 0) {
        close(row.poll, done.polls);
    }
    return done;
}

void SourceRows::close(std::uint64_t number, std::vector<Poll>& closed) {
    std::vector<std::uint64_t> left{number};
    while (!left.empty()) {
        auto node = polls_.extract(left.back());
        left.pop_back();
        OpenPoll& open = node.mapped();
        for (const std::uint64_t follower : open.followers) {
            const auto next = polls_.find(follower);
            if (next == polls_.end()) { // the one that has not ended
                --waits_for_;
                continue;
            }
            Poll& poll = next->second.poll;
            poll.ok = poll.ok && open.poll.ok;
            poll.delivered = poll.delivered && open.poll.delivered;
            if (--next->second.open == 0) {
                left.push_back(follower);
            }
        }
        closed.push_back(std::move(open.poll));
    }
}

Backlog SourceRows::backlog() const noexcept {
    return {.waiting = waiting_.size(),
            .oldest = waiting_.empty() ? Clock::steady_time{} : waiting_.front().fetched,
            .unsettled = open_.size() - waiting_.size()};
}

} // namespace streaming::detail
