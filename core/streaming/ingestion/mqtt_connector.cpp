#include "core/streaming/ingestion/mqtt_connector.hpp"

#include <fmt/format.h>

#include <charconv>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "core/streaming/infrastructure/permanent_error.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;

/// What became of an answer, for who waits for it.
class Outcome {
public:
    void tell(bool delivered) {
        const std::scoped_lock lock(mutex_);
        delivered_ = delivered;
        told_.notify_all();
    }
    /// False when it stopped.
    [[nodiscard]] bool wait(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        told_.wait(lock, stop, [this] { return delivered_.has_value(); });
        return delivered_.value_or(false);
    }

private:
    std::mutex mutex_{};
    std::condition_variable_any told_{};
    std::optional<bool> delivered_{};
};

/// "12 34\n": takes it off the text.
std::optional<std::size_t> take_number(std::string_view& text, char end) {
    std::size_t number = 0;
    const auto [behind, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto digits = static_cast<std::size_t>(behind - text.data());
    if (failure != std::errc{} || text.substr(digits, 1) != std::string_view(&end, 1)) {
        return std::nullopt;
    }
    text.remove_prefix(digits + 1);
    return number;
}

} // namespace

MqttConnector::MqttConnector(Clock& clock, std::unique_ptr<MqttSubscriber> subscriber)
    : buffer_(clock, {.max_responses = 1, // the subscriber brings one at a time
                      .max_bytes = std::numeric_limits<std::size_t>::max()}),
      subscriber_(std::move(subscriber)) {}

MqttConnector::~MqttConnector() {
    end();
    subscriber_->stop();
}

Result<Response> MqttConnector::fetch(const Request& request) {
    if (!started_) {
        const Status started =
            subscriber_->start([this](const std::vector<MqttMessage>& messages,
                                      const std::stop_token& stop) { return deliver(messages, stop); },
                               [this] { tell(); });
        if (!started) {
            return started.error();
        }
        started_ = true;
    }
    auto answer = buffer_.fetch(request);
    if (answer && answer.value().status == Response::kNothing) {
        if (const auto status = subscriber_->status(); !status.connected) {
            return Error{.code = ErrorCode::unavailable,
                         .message = fmt::format("mqtt broker {}: {}", status.broker,
                                                status.problem.empty() ? "not connected yet" : status.problem),
                         .retryable = true};
        }
    }
    return answer;
}

void MqttConnector::on_news(std::function<void()> news) {
    {
        const std::scoped_lock lock(news_mutex_);
        news_ = news;
    }
    buffer_.on_news(std::move(news));
}

/// That the broker is there is to be seen now, not with the next poll.
void MqttConnector::tell() {
    const std::scoped_lock lock(news_mutex_);
    if (news_) {
        news_();
    }
}

bool MqttConnector::deliver(const std::vector<MqttMessage>& messages, const std::stop_token& stop) const {
    const auto outcome = std::make_shared<Outcome>();
    const Status pushed = buffer_.buffer()->push({.body = mqtt_body(messages)}, 0ms, stop,
                                                 [outcome](bool delivered) { outcome->tell(delivered); });
    // When the source has ended nobody takes them: to drop the connection now would only bring them again.
    return outcome->wait(stop) && pushed.ok();
}

std::string mqtt_body(const std::vector<MqttMessage>& messages) {
    std::string body;
    for (const MqttMessage& message : messages) {
        body += fmt::format("{} {}\n", message.topic.size(), message.payload.size());
        body += message.topic;
        body += message.payload;
        body += '\n';
    }
    return body;
}

void for_each_mqtt_message(std::string_view body,
                           const std::function<void(std::string_view topic, std::string_view payload)>& use) {
    while (!body.empty()) {
        const auto topic = take_number(body, ' ');
        const auto payload = topic ? take_number(body, '\n') : std::nullopt;
        if (!payload || *topic > body.size() || *payload >= body.size() - *topic) {
            throw PermanentError("the answer is no list of MQTT messages");
        }
        use(body.substr(0, *topic), body.substr(*topic, *payload));
        body.remove_prefix(*topic + *payload + 1);
    }
}

} // namespace streaming
