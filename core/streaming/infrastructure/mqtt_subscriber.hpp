#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

struct MqttMessage {
    std::string topic{};
    std::string payload{};
};

struct MqttOptions {
    enum class Version { v3_1_1, v5 };

    std::string host{};
    std::uint16_t port = 1883;
    std::vector<std::string> topics{}; ///< filters, + and # in them; at least one
    int qos = 1;                       ///< at most: 0 = a message may be lost, 1 = it may come twice
    /// The broker keeps what comes for it while it is away. Not empty, one for each subscriber of a broker.
    std::string client_id{};
    std::string username{};
    std::string password{};
    bool tls = false;
    std::string ca_file{};          ///< empty = the authorities that the system trusts
    std::string certificate_file{}; ///< of the client, with key_file; empty = none
    std::string key_file{};
    Version version = Version::v5;
    std::uint16_t receive_maximum = 500; ///< v5: messages that are not acknowledged, at once; else the broker decides
    std::chrono::seconds session_expiry =
        std::chrono::hours(24);                             ///< v5: how long the broker keeps what comes meanwhile
    std::chrono::seconds keepalive{60};                     ///< 5 to 65,535
    std::chrono::milliseconds first_reconnect_delay{1'000}; ///< doubled with each failure
    std::chrono::milliseconds max_reconnect_delay{60'000};
    std::chrono::milliseconds connect_timeout{10'000};
};

/// Takes the messages of an MQTT broker and acknowledges them when they are safe. A port.
/// `start` and `stop` by one thread, `status` by any.
class MqttSubscriber {
public:
    /// What came together, oldest first. Blocks until all of it is safe; true = it is, and is acknowledged to the
    /// broker. False, or a stop: nothing of it is, the connection ends, and the broker sends it again. Meanwhile no
    /// further message is read. Called by the subscriber's thread, one call at a time.
    using Handler = std::function<bool(std::vector<MqttMessage> messages, const std::stop_token& stop)>;

    struct Status {
        bool connected = false;         ///< and subscribed
        std::string problem{};          ///< why not, once that is known; without credentials
        std::string broker{};           ///< host:port
        std::uint64_t connects = 0;     ///< that worked
        std::uint64_t messages = 0;     ///< that came, twice counted twice
        std::uint64_t acknowledged = 0; ///< or of QoS 0
    };

    /// Each time that it is connected, and was not when `start` returned. Called by the subscriber's thread; short.
    using OnConnected = std::function<void()>;

    virtual ~MqttSubscriber() = default;
    /// Does not wait for the broker: it is connected to again and again. The error is one of the options.
    virtual streaming::Status start(Handler handler, OnConnected on_connected) = 0;
    /// Waits for the handler, which is told to stop. Idempotent.
    virtual void stop() noexcept = 0;
    [[nodiscard]] virtual Status status() const = 0;
};

/// The real one, on libmosquitto.
[[nodiscard]] std::unique_ptr<MqttSubscriber> make_mqtt_subscriber(MqttOptions options);

} // namespace streaming
