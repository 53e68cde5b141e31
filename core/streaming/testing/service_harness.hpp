#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/patterns/stream_service_builder.hpp"
#include "core/streaming/testing/fake_platform.hpp"

namespace streaming {

/// A record that a service sent, with the envelope read; an envelope without type = the payload is none.
struct SentMessage {
    std::optional<std::string> key{};
    std::optional<std::string> payload{};
    Headers headers{};
    EventEnvelope envelope{};

    /// A header's value, empty when it is not there.
    [[nodiscard]] std::string header(std::string_view name) const;
    template <class T>
    [[nodiscard]] T as() const {
        return Codec<T>::decode(envelope.data);
    }
};

/// Runs a whole service in memory: the same `wire` function as run_service, the real orchestrator with its threads, and
/// fakes in place of Kafka, Redis, HTTP and time. Backoff and commit intervals take no real time. A test reads
///
///     ServiceHarness service(wire);
///     service.deliver("orders", "k", Order{.id = 7});
///     service.drain();
///     EXPECT_THAT(service.sent_as<Invoice>("invoices"), ElementsAre(...));
///
/// The service starts with the first drain; ConfigError of `build` and a failed start leave from there as exceptions.
/// Used by one thread.
class ServiceHarness {
public:
    using Wire = std::function<void(StreamServiceBuilder&)>;

    /// Without bootstrap_servers the settings get those of a fake broker and a fake Redis.
    explicit ServiceHarness(Wire wire, Settings settings = {});
    /// On a platform that outlives it: for a restart, or several services that talk to each other.
    ServiceHarness(Wire wire, Settings settings, fakes::Platform& platform);
    ~ServiceHarness(); ///< stops
    ServiceHarness(const ServiceHarness&) = delete;
    ServiceHarness& operator=(const ServiceHarness&) = delete;

    /// Puts an event in an envelope on a topic, as another service would. Returns its id.
    template <Event T>
    std::string deliver(std::string topic, std::string key, const T& event, std::string id = {}) {
        std::string data;
        Codec<T>::encode(event, data);
        return deliver_data({.topic = std::move(topic), .key = std::move(key)}, T::event_type, std::move(data),
                            std::move(id));
    }
    void deliver_raw(const OutgoingMessage& message); ///< the bytes as they are

    void start();
    /// Waits until everything delivered is through: handled, retried to the end, sent, acknowledged and committed.
    /// Moves the clock over backoffs, so a source may poll meanwhile. Throws after 25 s of real time, saying what is
    /// not idle.
    void drain();
    /// Moves the clock to the next poll of a source, and of all others that are due then, and waits until what came of
    /// it was sent and handled. The first poll is part of the start.
    void poll_sources();
    /// Stops the service; returns how many records were left unfinished. A stop that only time can end gets that time.
    std::size_t stop();

    [[nodiscard]] std::vector<SentMessage> sent(const std::string& topic) const; ///< by the service, in order
    template <Event T>
    [[nodiscard]] std::vector<T> sent_as(const std::string& topic) const {
        std::vector<T> events;
        for (const SentMessage& message : sent(topic)) {
            events.push_back(message.as<T>());
        }
        return events;
    }
    [[nodiscard]] std::vector<SentMessage> dead_letters(std::string_view topic, std::string_view group) const;
    /// How many records of the topic the group has committed.
    [[nodiscard]] std::int64_t committed(const std::string& group, const std::string& topic) const;
    [[nodiscard]] FlowCounts counts(const std::string& flow) const; ///< zeros when there is no such flow

    [[nodiscard]] fakes::Platform& platform() noexcept { return platform_; }
    [[nodiscard]] ServiceOrchestrator& service(); ///< starts it when it is not yet

private:
    std::string deliver_data(OutgoingMessage message, std::string_view type, std::string data, std::string id);
    [[nodiscard]] bool flows_are_idle() const;
    [[nodiscard]] bool sources_are_idle() const;
    void wait_until_idle();
    [[nodiscard]] std::string what_is_not_idle() const;

    std::unique_ptr<fakes::Platform> own_platform_{};
    fakes::Platform& platform_;
    Wire wire_;
    Settings settings_;
    std::unique_ptr<ServiceOrchestrator> service_{};
    std::size_t poll_threads_ = 0; ///< that wait for the next poll of a source when none is polled
};

} // namespace streaming
