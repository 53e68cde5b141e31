#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/message_producer.hpp"
#include "services/demo/replay_data.hpp"

namespace services::demo {

/// Sends ticks and signals at a steady pace, as a market feed and a strategy of somebody else would: a plain
/// producer. Some records are bad on purpose. Counts what the broker acknowledged. Borrows everything, which must
/// outlive it; the producer must be stopped before it is destroyed.
class Feeder final : public streaming::DeliverySink {
public:
    struct Dependencies {
        streaming::MessageProducer& producer;
        streaming::Clock& clock;
        const ReplayData& data;
    };
    struct Options {
        std::string signals_topic{};
        int ticks_per_second = 200;
        int signals_per_second = 20;
    };
    enum class Stream : std::size_t { ticks, signals };

    Feeder(const Dependencies& dependencies, Options options)
        : dependencies_(dependencies), options_(std::move(options)) {}

    void start();
    void stop(); ///< ends the pace; the producer still holds what was not acknowledged
    [[nodiscard]] std::uint64_t acknowledged(Stream stream) const {
        return acknowledged_[static_cast<std::size_t>(stream)].load();
    }
    [[nodiscard]] std::uint64_t failed() const { return failed_.load(); }

    void on_delivery(streaming::DeliveryTicket& ticket, const streaming::Delivery& delivery) noexcept override;
    void on_delivery_batch_end() noexcept override {}

private:
    struct Letter;
    void run(const std::stop_token& stop);
    void send(Stream stream, std::string key, std::string payload, const std::stop_token& stop);

    Dependencies dependencies_;
    Options options_;
    std::array<std::atomic<std::uint64_t>, 2> acknowledged_{};
    std::atomic<std::uint64_t> failed_{0};
    std::jthread thread_{};
};

} // namespace services::demo
