#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "core/streaming/infrastructure/message_producer.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/testing/fake_broker.hpp"
#include "core/streaming/testing/fake_clock.hpp"

namespace streaming::fakes {

/// MessageProducer on a FakeBroker: stores at once and reports on its own delivery thread, unless the broker holds the
/// acks or has a fault waiting. Waits for nothing but the broker, so its timeouts never pass. Borrows broker and clock,
/// which must outlive it.
class FakeMessageProducer final : public MessageProducer {
public:
    struct Dependencies {
        FakeBroker& broker;
        Clock& clock; ///< stamps the records
    };
    explicit FakeMessageProducer(const Dependencies& dependencies, ProducerOptions options = {});
    ~FakeMessageProducer() override;
    FakeMessageProducer(const FakeMessageProducer&) = delete;
    FakeMessageProducer& operator=(const FakeMessageProducer&) = delete;

    Status start(std::chrono::milliseconds timeout) override;
    void send_batch(std::span<const OutgoingRecord> records, std::stop_token stop) noexcept override;
    Result<std::string> send(const OutgoingMessage& message, std::chrono::milliseconds timeout) override;
    std::size_t stop(std::chrono::milliseconds timeout) noexcept override;

private:
    struct Report {
        DeliveryTicket* ticket = nullptr;
        std::optional<Error> error{};
        std::int32_t partition = -1;
        std::int64_t offset = -1;
    };

    [[nodiscard]] std::optional<Error> refusal(const OutgoingRecord& record) const;
    [[nodiscard]] Report store(const OutgoingRecord& record);
    void deliver(const std::stop_token& stop);
    static void report(std::deque<Report>& reports) noexcept;

    FakeBroker& broker_;
    Clock& clock_;
    const ProducerOptions options_;

    // Guarded by the broker's mutex.
    std::deque<Report> reports_{};
    bool running_ = false;
    bool reporting_ = false;

    std::jthread delivery_thread_{};
};

} // namespace streaming::fakes
