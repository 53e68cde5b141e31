#include "core/streaming/testing/fake_mqtt_subscriber.hpp"

#include <thread>

namespace streaming::fakes {

class FakeMqttSubscriber final : public MqttSubscriber {
public:
    explicit FakeMqttSubscriber(FakeMqttBroker& broker) : broker_(broker) {}
    ~FakeMqttSubscriber() override { stop(); }
    FakeMqttSubscriber(const FakeMqttSubscriber&) = delete;
    FakeMqttSubscriber& operator=(const FakeMqttSubscriber&) = delete;

    streaming::Status start(Handler handler, OnConnected on_connected) override {
        handler_ = std::move(handler);
        {
            const std::scoped_lock lock(broker_.mutex_);
            broker_.subscribed_ = true;
            broker_.on_connected_ = std::move(on_connected);
        }
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
        return {};
    }
    void stop() noexcept override {
        thread_ = {};
        const std::scoped_lock lock(broker_.mutex_);
        broker_.on_connected_ = {};
    }
    [[nodiscard]] Status status() const override {
        const std::scoped_lock lock(broker_.mutex_);
        const bool connected = broker_.subscribed_ && broker_.problem_.empty();
        return {.connected = connected,
                .problem = broker_.problem_,
                .broker = "fake:1883",
                .connects = connected ? 1U : 0U,
                .messages = broker_.messages_,
                .acknowledged = broker_.acknowledged_};
    }

private:
    void run(const std::stop_token& stop) {
        std::unique_lock lock(broker_.mutex_);
        while (broker_.changed_.wait(lock, stop, [this] { return !broker_.published_.empty(); })) {
            auto messages = std::move(broker_.published_.front());
            broker_.published_.erase(broker_.published_.begin());
            broker_.messages_ += messages.size();
            lock.unlock();
            const bool safe = handler_(messages, stop);
            lock.lock();
            broker_.acknowledged_ += safe ? messages.size() : 0;
            if (!safe) {
                broker_.refused_.push_back(std::move(messages));
            }
            broker_.outcomes_.push_back(safe);
            broker_.changed_.notify_all();
        }
    }

    FakeMqttBroker& broker_;
    Handler handler_{};
    std::jthread thread_{}; ///< last
};

void FakeMqttBroker::publish(std::vector<MqttMessage> messages) {
    const std::scoped_lock lock(mutex_);
    published_.push_back(std::move(messages));
    changed_.notify_all();
}

void FakeMqttBroker::send_again() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !refused_.empty(); });
    published_.insert(published_.begin(), refused_.begin(), refused_.end());
    refused_.clear();
    changed_.notify_all();
}

void FakeMqttBroker::away(std::string problem) {
    MqttSubscriber::OnConnected on_connected;
    {
        const std::scoped_lock lock(mutex_);
        problem_ = std::move(problem);
        on_connected = problem_.empty() ? on_connected_ : nullptr;
    }
    if (on_connected) {
        on_connected();
    }
}

std::vector<bool> FakeMqttBroker::outcomes(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, count] { return outcomes_.size() >= count; });
    return outcomes_;
}

std::unique_ptr<MqttSubscriber> FakeMqttBroker::subscriber() { return std::make_unique<FakeMqttSubscriber>(*this); }

} // namespace streaming::fakes
