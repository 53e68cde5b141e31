#include "core/streaming/orchestration/room_line.hpp"

#include <algorithm>

namespace streaming::detail {

void RoomLine::configure(std::chrono::milliseconds max_wait) {
    const std::scoped_lock lock(line_mutex_);
    max_wait_ = max_wait;
}

bool RoomLine::may_try(const std::string& source) {
    const std::scoped_lock lock(line_mutex_);
    if (const auto mine = std::ranges::find(line_, source, &Place::source); mine != line_.end()) {
        mine->aside = false;
    }
    const Place* const first = next();
    if (first == nullptr || first->source == source) {
        return true;
    }
    (void)place_of(source);
    return false;
}

void RoomLine::entered(const std::string& source) {
    const std::scoped_lock lock(line_mutex_);
    std::erase_if(line_, [&](const Place& place) { return place.source == source; });
    somebody_ = !line_.empty();
}

void RoomLine::found_no_room(const std::string& source) {
    const std::scoped_lock lock(line_mutex_);
    (void)place_of(source);
}

void RoomLine::steps_aside(const std::string& source) {
    const std::scoped_lock lock(line_mutex_);
    if (const auto mine = std::ranges::find(line_, source, &Place::source); mine != line_.end()) {
        mine->aside = true;
    }
}

bool RoomLine::is_next(const std::string& source) const {
    if (!somebody_) {
        return false;
    }
    const std::scoped_lock lock(line_mutex_);
    const Place* const first = next();
    return first != nullptr && first->source == source;
}

/// The line is in the order of `since`.
const RoomLine::Place* RoomLine::next() const {
    const auto overdue = clock_.now() - max_wait_;
    const auto first =
        std::ranges::find_if(line_, [&](const Place& place) { return !place.aside && place.since <= overdue; });
    return first == line_.end() ? nullptr : &*first;
}

RoomLine::Place& RoomLine::place_of(const std::string& source) {
    somebody_ = true;
    const auto mine = std::ranges::find(line_, source, &Place::source);
    return mine != line_.end() ? *mine : line_.emplace_back(Place{.source = source, .since = clock_.now()});
}

} // namespace streaming::detail
