#include "core/streaming/orchestration/catch_up.hpp"

#include <algorithm>
#include <utility>

namespace streaming::detail {

namespace {

/// The asking flow does not poll meanwhile; it asks again when there is no answer.
constexpr std::chrono::seconds kAnswerWithin{2};

} // namespace

CatchUp::Wait::Wait(CatchUp* state, std::function<void()> wake) : state_(state), wake_(std::move(wake)) {
    if (state_ != nullptr) {
        const std::scoped_lock lock(state_->handled_mutex_);
        state_->waits_.push_back(this);
    }
}

CatchUp::Wait::~Wait() {
    if (state_ != nullptr) {
        const std::scoped_lock lock(state_->handled_mutex_);
        std::erase(state_->waits_, this);
    }
}

void CatchUp::Wait::begin() {
    if (state_ != nullptr) {
        const std::scoped_lock lock(state_->handled_mutex_);
        waiting_ = true;
        asked_ = false;
    }
}

bool CatchUp::Wait::over() {
    if (!waiting_) { // written by this thread only
        return true;
    }
    if (!asked_) {
        auto ends = state_->ends();
        if (!ends) {
            return false;
        }
        ends_ = std::move(ends).value();
        asked_ = true;
    }
    const std::scoped_lock lock(state_->handled_mutex_);
    waiting_ = !state_->reached(ends_);
    return !waiting_;
}

void CatchUp::handled(std::span<const TopicOffset> offsets) {
    const std::scoped_lock lock(handled_mutex_);
    for (const TopicOffset& offset : offsets) {
        handled_.insert_or_assign({offset.topic, offset.partition}, offset.offset);
    }
    for (const Wait* wait : waits_) {
        if (wait->waiting_) {
            wait->wake_(); // with the lock held: the flow it belongs to must not go away meanwhile
        }
    }
}

/// A topic that does not exist holds no state.
Result<std::vector<TopicOffset>> CatchUp::ends() {
    std::vector<TopicOffset> all;
    for (const std::string& topic : topics_) {
        auto ends = connections_.lag().end_offsets(topic, kAnswerWithin);
        if (ends) {
            std::ranges::move(std::move(ends).value(), std::back_inserter(all));
        } else if (ends.error().code != ErrorCode::not_found) {
            return ends.error();
        }
    }
    return all;
}

bool CatchUp::reached(std::span<const TopicOffset> ends) const {
    return std::ranges::all_of(ends, [this](const TopicOffset& end) {
        const auto found = handled_.find({end.topic, end.partition});
        return end.offset <= (found == handled_.end() ? 0 : found->second);
    });
}

} // namespace streaming::detail
