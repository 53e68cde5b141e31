#include "services/demo/feeder.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

#include "core/streaming/infrastructure/event_types.hpp"
#include "services/demo/market.hpp"

namespace services::demo {
namespace {

constexpr std::chrono::milliseconds kStep{50};

} // namespace

/// One record on its way: owns the bytes until the broker has them.
struct Feeder::Letter final : streaming::DeliveryTicket {
    Letter(streaming::DeliverySink& sink, Stream of) : DeliveryTicket(sink), stream(of) {}
    Stream stream;
    std::string key{};
    std::string payload{};
};

void Feeder::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Feeder::stop() {
    thread_.request_stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Feeder::run(const std::stop_token& stop) {
    Market market(dependencies_.data);
    const auto start = dependencies_.clock.now();
    std::int64_t ticks = 0;
    std::int64_t signals = 0;
    std::mutex pace_mutex;
    std::condition_variable_any never;
    std::unique_lock pace(pace_mutex);
    for (auto next = start; !stop.stop_requested(); next += kStep) {
        dependencies_.clock.wait_until(pace, never, next, stop);
        // What is due since the start, so that the pace holds however late a step came.
        const auto run_time =
            std::chrono::duration_cast<std::chrono::milliseconds>(dependencies_.clock.now() - start).count();
        for (; ticks < run_time * options_.ticks_per_second / 1000; ++ticks) {
            auto [key, payload] = market.next_tick();
            send(Stream::ticks, std::move(key), std::move(payload), stop);
        }
        for (; signals < run_time * options_.signals_per_second / 1000; ++signals) {
            auto [key, payload] = market.next_signal();
            send(Stream::signals, std::move(key), std::move(payload), stop);
        }
    }
}

void Feeder::send(Stream stream, std::string key, std::string payload, const std::stop_token& stop) {
    auto letter = std::make_unique<Letter>(*this, stream);
    letter->key = std::move(key);
    letter->payload = std::move(payload);
    const streaming::OutgoingRecord record{.topic = stream == Stream::ticks ? streaming::TopicNames::market_ticks
                                                                            : std::string_view(options_.signals_topic),
                                           .key = letter->key,
                                           .payload = letter->payload,
                                           .ticket = letter.release()}; // comes back to on_delivery
    dependencies_.producer.send_batch({&record, 1}, stop);
}

void Feeder::on_delivery(streaming::DeliveryTicket& ticket, const streaming::Delivery& delivery) noexcept {
    const std::unique_ptr<Letter> letter(static_cast<Letter*>(&ticket));
    if (delivery.error == nullptr) {
        ++acknowledged_[static_cast<std::size_t>(letter->stream)];
    } else {
        ++failed_;
    }
}

} // namespace services::demo
