#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/mqtt_subscriber.hpp"
#include "core/streaming/ingestion/push_connector.hpp"

namespace streaming {

/// The messages of an MQTT broker. What comes together is one answer, and is acknowledged to the broker when all its
/// rows are settled; until then no more is read. What is not settled, for the process was killed or the rows were given
/// up, the broker sends again.
///
/// Subscribes at the first `fetch`. A broker that is away, or not connected to yet, is an Error of each `fetch` until
/// it is there, which is news.
class MqttConnector final : public Connector {
public:
    MqttConnector(Clock& clock, std::unique_ptr<MqttSubscriber> subscriber);
    ~MqttConnector() override;
    MqttConnector(const MqttConnector&) = delete;
    MqttConnector& operator=(const MqttConnector&) = delete;

    /// Never waits.
    Result<Response> fetch(const Request& request) override;
    void on_news(std::function<void()> news) override;
    /// Nothing is taken any more; what was taken is still acknowledged when it is settled.
    void end() noexcept override { buffer_.end(); }

private:
    void tell();
    [[nodiscard]] bool deliver(const std::vector<MqttMessage>& messages, const std::stop_token& stop) const;

    PushConnector buffer_;
    std::mutex news_mutex_{};
    std::function<void()> news_{};
    bool started_ = false;
    std::unique_ptr<MqttSubscriber> subscriber_; ///< last: its thread uses the others
};

/// The body of such an answer: of each message its two lengths, topic and payload.
[[nodiscard]] std::string mqtt_body(const std::vector<MqttMessage>& messages);
/// Calls `use` for each. Throws PermanentError when the body is none of mqtt_body.
void for_each_mqtt_message(std::string_view body,
                           const std::function<void(std::string_view topic, std::string_view payload)>& use);

} // namespace streaming
