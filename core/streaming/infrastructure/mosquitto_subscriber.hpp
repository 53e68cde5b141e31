#pragma once

#include <mosquitto.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/file_descriptor.hpp"
#include "core/streaming/infrastructure/mqtt_subscriber.hpp"

namespace streaming {

/// MqttSubscriber on libmosquitto, with a thread of its own.
///
/// libmosquitto has no call to acknowledge a message later: it makes the PUBACK of a message around its callback and
/// writes it as soon as it may. Here it may not: the loop is our own (`mosquitto_threaded_set`: what is to be written
/// is only queued), it reads what has come, has the handler make it safe, and only then writes what is queued. When the
/// handler fails, the socket is shut before anything is written, and connecting anew empties the queue.
class MosquittoSubscriber final : public MqttSubscriber {
public:
    explicit MosquittoSubscriber(MqttOptions options);
    ~MosquittoSubscriber() override;
    MosquittoSubscriber(const MosquittoSubscriber&) = delete;
    MosquittoSubscriber& operator=(const MosquittoSubscriber&) = delete;

    streaming::Status start(Handler handler, OnConnected on_connected) override;
    void stop() noexcept override;
    [[nodiscard]] Status status() const override;

private:
    struct Destroy {
        void operator()(mosquitto* client) const noexcept { mosquitto_destroy(client); }
    };
    using Client = std::unique_ptr<mosquitto, Destroy>;
    using Failure = std::optional<std::string>; ///< nothing = all is well

    [[nodiscard]] Failure configure();
    void run(const std::stop_token& stop);
    [[nodiscard]] Failure connect(const std::stop_token& stop);
    [[nodiscard]] Failure reach(const std::stop_token& stop) const;
    [[nodiscard]] Failure open();
    [[nodiscard]] Failure await(const std::optional<std::string>& answer, const std::stop_token& stop);
    [[nodiscard]] Failure subscribe();
    [[nodiscard]] Failure serve(const std::stop_token& stop);
    [[nodiscard]] Failure step(const std::stop_token& stop);
    [[nodiscard]] Failure read_what_came();
    [[nodiscard]] Failure hand_over(const std::stop_token& stop);
    void drop_connection() noexcept;
    void wait(std::chrono::milliseconds time, const std::stop_token& stop) const;
    void note_connected();
    void set_status(bool connected, std::string problem);
    [[nodiscard]] std::string broker() const;

    static void on_connect(mosquitto*, void* self, int code, int, const mosquitto_property*);
    static void on_subscribe(mosquitto*, void* self, int, int count, const int* granted, const mosquitto_property*);
    static void on_message(mosquitto*, void* self, const mosquitto_message* message, const mosquitto_property*);

    const MqttOptions options_;
    Handler handler_{};
    OnConnected on_connected_{};
    Client client_{};
    detail::FileDescriptor wake_{}; ///< ends the wait of the thread

    // Of the thread.
    std::optional<std::string> connected_{};  ///< the broker answered; not empty = why not
    std::optional<std::string> subscribed_{}; ///< the same
    std::vector<MqttMessage> messages_{};
    std::size_t bytes_ = 0; ///< of those
    bool lost_one_ = false; ///< there was no memory for it
    bool said_so_ = false;  ///< that it is connected

    mutable std::mutex status_mutex_{};
    Status status_{};

    std::jthread thread_{}; ///< last
};

} // namespace streaming
