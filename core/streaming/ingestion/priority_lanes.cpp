#include "core/streaming/ingestion/priority_lanes.hpp"

#include <algorithm>
#include <utility>

namespace streaming::detail {

namespace {
/// Departures by priority between two that were overdue. Seven of eight: aging costs the higher ones an eighth.
constexpr std::size_t kByPriorityBetween = 7;
} // namespace

void PriorityLanes::reorder(Order order) {
    const bool same_lanes = order.by_priority == order_.by_priority;
    order_ = order;
    if (same_lanes) {
        return;
    }
    std::vector<IngestionRecord> records;
    records.reserve(size_);
    for (Lane& lane : lanes_) {
        while (!lane.records.empty()) {
            move_front(lane, records);
        }
    }
    std::ranges::stable_sort(records, {}, &IngestionRecord::enqueued);
    for (IngestionRecord& record : records) {
        push_back(std::move(record));
    }
}

void PriorityLanes::push_back(IngestionRecord&& record) {
    Lane& lane = lanes_[lane_of(record.priority)];
    lane.records.push_back(std::move(record));
    count_in(lane, lane.records.back());
}

void PriorityLanes::push_front(IngestionRecord&& record) {
    Lane& lane = lanes_[lane_of(record.priority)];
    lane.records.push_front(std::move(record));
    count_in(lane, lane.records.front());
}

void PriorityLanes::pop(std::size_t max, Clock::steady_time now, std::vector<IngestionRecord>& out) {
    const std::size_t count = std::min(max, size_);
    out.reserve(out.size() + count);
    for (std::size_t popped = 0; popped < count; ++popped) {
        move_front(lanes_[next_lane(now)], out);
    }
}

bool PriorityLanes::displace(const Need& need, DropReason reason, std::vector<IngestionRecord>& out) {
    const bool oldest = reason == DropReason::overflow_oldest;
    const std::size_t highest = lane_of(need.priority) + (oldest ? 0 : 1);
    std::size_t records = 0;
    std::size_t bytes = 0;
    for (std::size_t lane = highest; lane < kPriorities; ++lane) {
        records += lanes_[lane].records.size();
        bytes += lanes_[lane].bytes;
    }
    if (records < need.records || bytes < need.bytes) {
        return false;
    }
    const std::size_t few_enough = size_ - need.records;
    const std::size_t small_enough = bytes_ - need.bytes;
    for (std::size_t lane = kPriorities; lane-- > highest;) {
        while (!lanes_[lane].records.empty() && (size_ > few_enough || bytes_ > small_enough)) {
            if (oldest) {
                move_front(lanes_[lane], out);
            } else {
                move_back(lanes_[lane], out);
            }
        }
    }
    return true;
}

std::optional<Clock::steady_time> PriorityLanes::oldest() const noexcept {
    std::optional<Clock::steady_time> oldest;
    for (const Lane& lane : lanes_) {
        if (!lane.records.empty() && (!oldest || lane.records.front().enqueued < *oldest)) {
            oldest = lane.records.front().enqueued;
        }
    }
    return oldest;
}

std::size_t PriorityLanes::next_lane(Clock::steady_time now) {
    std::size_t highest = 0;
    while (lanes_[highest].records.empty()) {
        ++highest;
    }
    if (since_overdue_ < kByPriorityBetween) {
        ++since_overdue_;
        return highest;
    }
    const auto overdue = overdue_lane(highest, now);
    since_overdue_ = overdue ? 0 : since_overdue_;
    return overdue.value_or(highest);
}

std::optional<std::size_t> PriorityLanes::overdue_lane(std::size_t highest, Clock::steady_time now) const noexcept {
    std::optional<std::size_t> longest;
    Clock::steady_time since = now - order_.max_wait;
    for (std::size_t lane = highest + 1; lane < kPriorities; ++lane) {
        if (!lanes_[lane].records.empty() && lanes_[lane].records.front().enqueued < since) {
            since = lanes_[lane].records.front().enqueued;
            longest = lane;
        }
    }
    return longest;
}

void PriorityLanes::count_in(Lane& lane, const IngestionRecord& record) noexcept {
    const std::size_t bytes = record.bytes();
    lane.bytes += bytes;
    bytes_ += bytes;
    ++size_;
    ++by_priority_[static_cast<std::size_t>(record.priority)];
}

void PriorityLanes::count_out(Lane& lane, const IngestionRecord& record) noexcept {
    const std::size_t bytes = record.bytes();
    lane.bytes -= bytes;
    bytes_ -= bytes;
    --size_;
    --by_priority_[static_cast<std::size_t>(record.priority)];
}

void PriorityLanes::move_front(Lane& lane, std::vector<IngestionRecord>& out) {
    count_out(lane, lane.records.front());
    out.push_back(std::move(lane.records.front()));
    lane.records.pop_front();
}

void PriorityLanes::move_back(Lane& lane, std::vector<IngestionRecord>& out) {
    count_out(lane, lane.records.back());
    out.push_back(std::move(lane.records.back()));
    lane.records.pop_back();
}

} // namespace streaming::detail
