#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/mqtt_subscriber.hpp"

namespace streaming::fakes {

/// A broker that the test speaks for. It outlives its subscriber. Thread-safe.
class FakeMqttBroker {
public:
    /// Messages come together; returns at once. They are acknowledged, or not, some time later: see `outcomes`.
    void publish(std::vector<MqttMessage> messages);
    /// What was not safe comes again, before all else, as a real broker sends it when the subscriber is back. Waits
    /// until something is.
    void send_again();
    /// Not reachable, for that reason; empty = it is.
    void away(std::string problem);
    /// Of what was published, in order: acknowledged or to be sent again. Waits for `count` of them.
    [[nodiscard]] std::vector<bool> outcomes(std::size_t count);

    [[nodiscard]] std::unique_ptr<MqttSubscriber> subscriber();

private:
    friend class FakeMqttSubscriber;
    std::mutex mutex_{};
    std::condition_variable_any changed_{};
    std::vector<std::vector<MqttMessage>> published_{};
    std::vector<std::vector<MqttMessage>> refused_{};
    std::vector<bool> outcomes_{};
    std::string problem_{};
    bool subscribed_ = false;
    MqttSubscriber::OnConnected on_connected_{};
    std::uint64_t messages_ = 0; ///< that were brought
    std::uint64_t acknowledged_ = 0;
};

} // namespace streaming::fakes
