#include "core/streaming/testing/fake_group.hpp"

#include <algorithm>
#include <utility>

namespace streaming::fakes {

std::vector<TopicPartition> range_assignment(std::span<const Subscriber> subscribers, const void* member,
                                             const std::function<std::int32_t(const std::string&)>& partitions_of) {
    std::vector<TopicPartition> assigned;
    const auto self = std::find_if(subscribers.begin(), subscribers.end(),
                                   [&](const Subscriber& subscriber) { return subscriber.member == member; });
    if (self == subscribers.end()) {
        return assigned;
    }
    for (const std::string& topic : self->topics) {
        const auto wants = [&](const Subscriber& subscriber) {
            return std::find(subscriber.topics.begin(), subscriber.topics.end(), topic) != subscriber.topics.end();
        };
        const auto sharing = static_cast<std::int32_t>(std::count_if(subscribers.begin(), subscribers.end(), wants));
        const auto rank = static_cast<std::int32_t>(std::count_if(subscribers.begin(), self, wants));
        const std::int32_t partitions = partitions_of(topic);
        const std::int32_t each = partitions / sharing;
        const std::int32_t extra = partitions % sharing;
        const std::int32_t first = rank * each + std::min(rank, extra);
        const std::int32_t count = each + (rank < extra ? 1 : 0);
        for (std::int32_t partition = first; partition < first + count; ++partition) {
            assigned.push_back({topic, partition});
        }
    }
    std::sort(assigned.begin(), assigned.end());
    return assigned;
}

void FakeGroup::join(Subscriber subscriber) {
    subscribers.push_back(std::move(subscriber));
    ++generation;
}

void FakeGroup::leave(const void* member) {
    release(member);
    std::erase_if(subscribers, [&](const Subscriber& subscriber) { return subscriber.member == member; });
    ++generation;
}

void FakeGroup::release(const void* member) {
    std::erase_if(holders, [&](const auto& holder) { return holder.second == member; });
}

bool FakeGroup::holds(const void* member, const TopicPartition& partition) const {
    const auto found = holders.find(partition);
    return found != holders.end() && found->second == member;
}

bool FakeGroup::free(std::span<const TopicPartition> partitions) const {
    return std::none_of(partitions.begin(), partitions.end(),
                        [this](const TopicPartition& partition) { return holders.contains(partition); });
}

} // namespace streaming::fakes
