#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/patterns/stream_manager.hpp"
#include "core/streaming/testing/fake_platform.hpp"
#include "core/streaming/testing/mocks.hpp"

namespace tests {

/// A StreamManager in a world of fakes. Its sources poll FakeWeb through the type `web`, whose `url` is a parameter.
class StreamManagerFixture : public testing::Test {
protected:
    static constexpr const char* kUrl = "http://api.example/records";

    static streaming::Settings settings_with(const std::string& name, const streaming::SourceSettings& source) {
        streaming::Settings settings{.kafka = {.bootstrap_servers = "fake:9092"}};
        settings.ingestion.sources[name] = source;
        return settings;
    }
    static streaming::SourceSettings web_source() {
        streaming::SourceSettings source{
            .source_type = "web", .topic = "readings", .cache_ttl = std::chrono::milliseconds{0}};
        source.ingestion.polling_interval = std::chrono::seconds(30);
        source.custom_params["url"] = kUrl;
        return source;
    }
    streaming::StreamManager::Options options() {
        streaming::StreamManager::Options made{.platform = &platform_};
        made.types.add("web", [](const streaming::SourceTypes::Request& request) {
            streaming::SourceParts parts;
            parts.connector = std::make_unique<streaming::HttpConnector>(
                streaming::HttpConnector::Options{.url = request.settings.custom_params.at("url").get<std::string>()});
            return streaming::Result<streaming::SourceParts>(std::move(parts));
        });
        return made;
    }
    /// Answers each fetch with the body.
    static std::unique_ptr<streaming::Connector> connector_of(const std::string& body) {
        auto connector = std::make_unique<testing::NiceMock<streaming::mocks::MockConnector>>();
        ON_CALL(*connector, fetch).WillByDefault([body](const streaming::Connector::Request&) {
            return streaming::Result<streaming::Response>(streaming::Response{.body = body});
        });
        return connector;
    }
    streaming::StreamManager& manager(streaming::Settings settings) {
        manager_ = std::make_unique<streaming::StreamManager>(std::move(settings), options());
        EXPECT_TRUE(manager_->start().ok());
        return *manager_;
    }
    void answer(const std::string& body) { platform_.web().answer(kUrl, body); }

    /// Ids of the events on a topic, in order.
    [[nodiscard]] std::vector<std::string> ids(const std::string& topic) {
        std::vector<std::string> found;
        for (const auto& record : platform_.broker().records(topic)) {
            const auto envelope = streaming::EventEnvelope::parse(record.payload.value_or(""));
            found.push_back(envelope ? nlohmann::json::parse(envelope.value().data).value("id", "?") : "no envelope");
        }
        return found;
    }
    /// Waits, in real time, until something is so.
    void await(const std::function<bool()>& condition) {
        const auto guard = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        for (;;) {
            const auto seen = platform_.activity().count();
            if (condition()) {
                return;
            }
            const auto now = std::chrono::steady_clock::now();
            ASSERT_LT(now, guard) << manager_->get_metrics().dump(2) << manager_->health_check().dump(2);
            (void)platform_.activity().wait_past(seen, now + std::chrono::milliseconds(20));
        }
    }
    void await_records(const std::string& topic, std::size_t count) {
        await([&] { return platform_.broker().records(topic).size() >= count; });
    }
    /// All that was fetched is settled, and its source waits for the next poll.
    void await_idle() {
        await([this] { return manager_->service().in_flight() == 0 && platform_.clock().waiters() > 0; });
    }

    streaming::fakes::Platform platform_{};
    std::unique_ptr<streaming::StreamManager> manager_{};
};

} // namespace tests
