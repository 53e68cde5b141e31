#include "core/streaming/testing/fake_lag_probe.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace streaming::fakes {

Result<std::vector<PartitionLag>> FakeLagProbe::lag(const std::string& group, const std::string& topic,
                                                    std::chrono::milliseconds) {
    if (broker_.down()) {
        return Error{ErrorCode::unavailable, "the fake broker is down", true};
    }
    const auto partitions = broker_.partitions_of(topic);
    if (!partitions) {
        return Error{ErrorCode::not_found, fmt::format("topic {}: does not exist", topic), true};
    }
    std::vector<PartitionLag> lags;
    for (std::int32_t partition = 0; partition < *partitions; ++partition) {
        const std::int64_t committed = broker_.committed(group, {topic, partition}).value_or(-1);
        const std::int64_t high = broker_.high_watermark({topic, partition});
        lags.push_back({.topic = topic,
                        .partition = partition,
                        .committed = committed,
                        .high = high,
                        .lag = high - std::max<std::int64_t>(committed, 0)});
    }
    return lags;
}

Result<std::vector<TopicOffset>> FakeLagProbe::end_offsets(const std::string& topic, std::chrono::milliseconds) {
    if (broker_.down()) {
        return Error{ErrorCode::unavailable, "the fake broker is down", true};
    }
    const auto partitions = broker_.partitions_of(topic);
    if (!partitions) {
        return Error{ErrorCode::not_found, fmt::format("topic {}: does not exist", topic), true};
    }
    std::vector<TopicOffset> ends;
    ends.reserve(static_cast<std::size_t>(*partitions));
    for (std::int32_t partition = 0; partition < *partitions; ++partition) {
        ends.push_back({topic, partition, broker_.high_watermark({topic, partition})});
    }
    return ends;
}

} // namespace streaming::fakes
