#include "core/streaming/orchestration/source_rows.hpp"

#include <utility>

namespace streaming::detail {

bool SourceRows::add(SourceRow& row, Clock::steady_time fetched) {
    if (!open_.try_emplace(fingerprint(row.id), Open{this_poll_, row.rejected.has_value()}).second) {
        return false;
    }
    waiting_.push_back({.row = std::move(row), .fetched = fetched});
    return true;
}

void SourceRows::end_poll(const PollPlan& plan, std::size_t rows, bool ok) {
    polls_.emplace(this_poll_++, Poll{.plan = plan, .open = rows, .ok = ok});
}

SourceRows::Waiting SourceRows::take_waiting() {
    Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
}

SourceRows::Done SourceRows::settle(std::string_view id, bool ok) {
    const auto place = open_.find(fingerprint(id));
    const Open row = place->second;
    open_.erase(place);
    Done done{.rejected = row.rejected};
    if (const auto poll = polls_.find(row.poll); poll != polls_.end()) {
        poll->second.ok = poll->second.ok && ok;
        if (--poll->second.open == 0) {
            done.poll = std::move(poll->second);
            polls_.erase(poll);
        }
    }
    return done;
}

Backlog SourceRows::backlog() const noexcept {
    return {.waiting = waiting_.size(),
            .oldest = waiting_.empty() ? Clock::steady_time{} : waiting_.front().fetched,
            .unsettled = open_.size() - waiting_.size()};
}

} // namespace streaming::detail
