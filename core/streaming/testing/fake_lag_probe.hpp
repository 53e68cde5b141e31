#pragma once

#include "core/streaming/infrastructure/lag_probe.hpp"
#include "core/streaming/testing/fake_broker.hpp"

namespace streaming::fakes {

/// LagProbe on a FakeBroker, which must outlive it.
class FakeLagProbe final : public LagProbe {
public:
    explicit FakeLagProbe(FakeBroker& broker) : broker_(broker) {}
    Result<std::vector<PartitionLag>> lag(const std::string& group, const std::string& topic,
                                          std::chrono::milliseconds timeout) override;
    Result<std::vector<TopicOffset>> end_offsets(const std::string& topic, std::chrono::milliseconds timeout) override;

private:
    FakeBroker& broker_;
};

} // namespace streaming::fakes
