#include "core/streaming/infrastructure/kafka_topic_admin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/kafka_errors.hpp"
#include "core/streaming/infrastructure/kafka_partitions.hpp"

namespace streaming {
namespace {

using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, detail::KafkaDeleter<&rd_kafka_NewTopic_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, detail::KafkaDeleter<&rd_kafka_AdminOptions_destroy>>;

Result<NewTopic> to_kafka(const TopicSpec& spec) {
    if (spec.partitions < 1) {
        return Error{ErrorCode::invalid_argument,
                     fmt::format("topic {}: {} partitions is not at least 1", spec.name, spec.partitions), false};
    }
    std::array<char, 256> reason{};
    NewTopic topic(
        rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, spec.replication, reason.data(), reason.size()));
    if (!topic) {
        return Error{ErrorCode::invalid_argument, fmt::format("topic {}: {}", spec.name, reason.data()), false};
    }
    for (const auto& [name, value] : spec.settings) {
        (void)rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    }
    return topic;
}

Status first_failure(rd_kafka_event_t* answer) {
    const auto* const result = rd_kafka_event_CreateTopics_result(answer);
    std::size_t count = 0;
    const rd_kafka_topic_result_t** const topics = rd_kafka_CreateTopics_result_topics(result, &count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto code = rd_kafka_topic_result_error(topics[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            const char* const reason = rd_kafka_topic_result_error_string(topics[i]);
            return detail::kafka_error(code, fmt::format("topic {}", rd_kafka_topic_result_name(topics[i])),
                                       reason != nullptr ? reason : "");
        }
    }
    return {};
}

/// What a broker says about itself: topics there are, and whether somebody can make more.
struct ClusterView {
    std::set<std::string, std::less<>> topics{};
    bool has_controller = false;
};

Result<ClusterView> look(rd_kafka_t* client, std::chrono::milliseconds timeout) {
    const rd_kafka_metadata_t* answer = nullptr;
    constexpr int kAllTopics = 1; // asking for one by name would make it
    const auto failure = rd_kafka_metadata(client, kAllTopics, nullptr, &answer, detail::to_wait(timeout));
    const detail::KafkaMetadata metadata(answer);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return detail::kafka_error(failure, "topics");
    }
    ClusterView view;
    for (const auto& topic : std::span(metadata->topics, static_cast<std::size_t>(metadata->topic_cnt))) {
        if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            view.topics.insert(topic.topic);
        }
    }
    const std::int32_t controller = rd_kafka_controllerid(client, detail::to_wait(timeout));
    const std::span brokers(metadata->brokers, static_cast<std::size_t>(metadata->broker_cnt));
    view.has_controller =
        std::ranges::any_of(brokers, [controller](const auto& broker) { return broker.id == controller; });
    return view;
}

} // namespace

Result<std::optional<std::int32_t>> KafkaTopicAdmin::partitions(const std::string& topic,
                                                                std::chrono::milliseconds timeout) {
    auto client = client_.get();
    return client ? detail::partition_count(client.value(), topic, timeout) : client.error();
}

Status KafkaTopicAdmin::ensure(std::span<const TopicSpec> topics, std::chrono::milliseconds timeout) {
    if (topics.empty()) {
        return {};
    }
    auto client = client_.get();
    if (!client) {
        return client.error();
    }
    const auto view = look(client.value(), timeout);
    if (!view) {
        return view.error();
    }
    std::vector<NewTopic> wanted;
    std::vector<rd_kafka_NewTopic_t*> pointers;
    for (const auto& spec : topics) {
        if (view.value().topics.contains(spec.name)) {
            continue;
        }
        if (!view.value().has_controller) {
            // An in-memory broker of another process: it makes a topic, with its own number of partitions, when asked
            // about it.
            if (auto made = detail::partition_count(client.value(), spec.name, timeout); !made) {
                return made.error();
            }
            continue;
        }
        auto topic = to_kafka(spec);
        if (!topic) {
            return topic.error();
        }
        wanted.push_back(std::move(topic).value());
        pointers.push_back(wanted.back().get());
    }
    return pointers.empty() ? Status{} : create(client.value(), pointers, timeout);
}

Status KafkaTopicAdmin::create(rd_kafka_t* client, std::span<rd_kafka_NewTopic_t*> topics,
                               std::chrono::milliseconds timeout) {
    const AdminOptions options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
    std::array<char, 256> reason{};
    (void)rd_kafka_AdminOptions_set_request_timeout(options.get(), detail::to_wait(timeout), reason.data(),
                                                    reason.size());
    const detail::KafkaQueue answers(rd_kafka_queue_new(client));
    rd_kafka_CreateTopics(client, topics.data(), topics.size(), options.get(), answers.get());
    const detail::KafkaEvent answer(rd_kafka_queue_poll(answers.get(), detail::to_wait(timeout)));
    if (!answer) {
        return Error{ErrorCode::timed_out, fmt::format("topics: no answer within {} ms", timeout.count()), true};
    }
    if (const auto failure = rd_kafka_event_error(answer.get()); failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return detail::kafka_error(failure, "topics", rd_kafka_event_error_string(answer.get()));
    }
    return first_failure(answer.get());
}

} // namespace streaming
