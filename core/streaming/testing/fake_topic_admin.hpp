#pragma once

#include "core/streaming/infrastructure/topic_admin.hpp"
#include "core/streaming/testing/fake_broker.hpp"

namespace streaming::fakes {

/// TopicAdmin on a FakeBroker, which must outlive it. Settings of topics are kept and have no effect.
class FakeTopicAdmin final : public TopicAdmin {
public:
    explicit FakeTopicAdmin(FakeBroker& broker) : broker_(broker) {}
    Result<std::optional<std::int32_t>> partitions(const std::string& topic,
                                                   std::chrono::milliseconds timeout) override;
    Result<std::optional<TopicSpec>> describe(const std::string& topic, std::chrono::milliseconds timeout) override;
    Status ensure(std::span<const TopicSpec> topics, std::chrono::milliseconds timeout) override;

private:
    FakeBroker& broker_;
};

} // namespace streaming::fakes
