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
using ConfigResource =
    std::unique_ptr<rd_kafka_ConfigResource_t, detail::KafkaDeleter<&rd_kafka_ConfigResource_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, detail::KafkaDeleter<&rd_kafka_AdminOptions_destroy>>;

AdminOptions admin_options(rd_kafka_t* client, rd_kafka_admin_op_t operation, std::chrono::milliseconds timeout) {
    AdminOptions options(rd_kafka_AdminOptions_new(client, operation));
    std::array<char, 256> reason{};
    (void)rd_kafka_AdminOptions_set_request_timeout(options.get(), detail::to_wait(timeout), reason.data(),
                                                    reason.size());
    return options;
}

/// The answer to an admin request, which tells of no failure of the whole.
Result<detail::KafkaEvent> await_answer(const detail::KafkaQueue& answers, const std::string& subject,
                                        std::chrono::milliseconds timeout) {
    detail::KafkaEvent answer(rd_kafka_queue_poll(answers.get(), detail::to_wait(timeout)));
    if (!answer) {
        return Error{ErrorCode::timed_out, fmt::format("{}: no answer within {} ms", subject, timeout.count()), true};
    }
    if (const auto failure = rd_kafka_event_error(answer.get()); failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return detail::kafka_error(failure, subject, rd_kafka_event_error_string(answer.get()));
    }
    return answer;
}

Result<NewTopic> to_kafka(const TopicSpec& spec) {
    if (spec.partitions < 1 && spec.partitions != -1) {
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

using Steady = std::chrono::steady_clock;

std::chrono::milliseconds left_until(Steady::time_point deadline) {
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()),
                    std::chrono::milliseconds(1));
}

/// A broker hears of a new topic a little after the controller made it; until then it says that there is none.
Status await_visible(rd_kafka_t* client, const std::string& topic, Steady::time_point deadline) {
    constexpr std::chrono::milliseconds kLookAgainAfter{20};
    for (;;) {
        const auto count = detail::partition_count(client, topic, left_until(deadline));
        if (count && count.value().value_or(0) > 0) {
            return {};
        }
        if (left_until(deadline) <= kLookAgainAfter) {
            return count ? Error{ErrorCode::timed_out, fmt::format("topic {}: made, and not to be seen in time", topic),
                                 true}
                         : count.error();
        }
        (void)rd_kafka_poll(client, static_cast<int>(kLookAgainAfter.count())); // nothing comes: it waits
    }
}

using Settings = std::map<std::string, std::string>;

/// Those of the only topic that was asked about; nullopt when it does not exist.
Result<std::optional<Settings>> settings_in(rd_kafka_event_t* answer, const std::string& subject) {
    std::size_t count = 0;
    const rd_kafka_ConfigResource_t** const resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer), &count);
    if (count == 0) {
        return std::optional<Settings>{};
    }
    const auto code = rd_kafka_ConfigResource_error(resources[0]);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        return std::optional<Settings>{};
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char* const reason = rd_kafka_ConfigResource_error_string(resources[0]);
        return detail::kafka_error(code, subject, reason != nullptr ? reason : "");
    }
    std::size_t entries = 0;
    const rd_kafka_ConfigEntry_t** const first = rd_kafka_ConfigResource_configs(resources[0], &entries);
    Settings settings;
    for (const rd_kafka_ConfigEntry_t* entry : std::span(first, entries)) {
        const char* const value = rd_kafka_ConfigEntry_value(entry);
        if (value != nullptr && rd_kafka_ConfigEntry_is_sensitive(entry) == 0) {
            settings.emplace(rd_kafka_ConfigEntry_name(entry), value);
        }
    }
    return std::optional(std::move(settings));
}

Result<std::optional<Settings>> settings_of(rd_kafka_t* client, const std::string& topic,
                                            std::chrono::milliseconds timeout) {
    const std::string subject = fmt::format("topic {}", topic);
    const ConfigResource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    rd_kafka_ConfigResource_t* resources[] = {resource.get()};
    const AdminOptions options = admin_options(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout);
    const detail::KafkaQueue answers(rd_kafka_queue_new(client));
    rd_kafka_DescribeConfigs(client, resources, 1, options.get(), answers.get());
    const auto answer = await_answer(answers, subject, timeout);
    return answer ? settings_in(answer.value().get(), subject) : answer.error();
}

} // namespace

Result<std::optional<std::int32_t>> KafkaTopicAdmin::partitions(const std::string& topic,
                                                                std::chrono::milliseconds timeout) {
    auto client = client_.get();
    return client ? detail::partition_count(client.value(), topic, timeout) : client.error();
}

Result<std::optional<TopicSpec>> KafkaTopicAdmin::describe(const std::string& topic,
                                                           std::chrono::milliseconds timeout) {
    const auto deadline = Steady::now() + timeout;
    auto client = client_.get();
    if (!client) {
        return client.error();
    }
    const auto layout = detail::topic_layout(client.value(), topic, timeout);
    if (!layout) {
        return layout.error();
    }
    if (!layout.value()) {
        return std::optional<TopicSpec>{};
    }
    // Settings are asked of the controller, which an in-memory broker does not have.
    const auto view = look(client.value(), timeout);
    if (!view) {
        return view.error();
    }
    if (!view.value().has_controller) {
        return std::optional(TopicSpec{.name = topic, .partitions = layout.value()->partitions});
    }
    auto settings = settings_of(client.value(), topic, left_until(deadline));
    if (!settings) {
        return settings.error();
    }
    if (!settings.value()) {
        return std::optional<TopicSpec>{};
    }
    return std::optional(TopicSpec{.name = topic,
                                   .partitions = layout.value()->partitions,
                                   .replication = layout.value()->replication,
                                   .settings = *std::move(settings.value())});
}

Status KafkaTopicAdmin::ensure(std::span<const TopicSpec> topics, std::chrono::milliseconds timeout) {
    if (topics.empty()) {
        return {};
    }
    const auto deadline = Steady::now() + timeout;
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
    std::vector<std::string> names;
    for (const auto& spec : topics) {
        if (view.value().topics.contains(spec.name)) {
            continue;
        }
        if (!view.value().has_controller) {
            // An in-memory broker of another process: it makes a topic, with its own number of partitions, when asked
            // about it.
            if (auto made = detail::partition_count(client.value(), spec.name, left_until(deadline)); !made) {
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
        names.push_back(spec.name);
    }
    if (pointers.empty()) {
        return {};
    }
    auto status = create(client.value(), pointers, left_until(deadline));
    for (auto name = names.begin(); status && name != names.end(); ++name) {
        status = await_visible(client.value(), *name, deadline);
    }
    return status;
}

Status KafkaTopicAdmin::create(rd_kafka_t* client, std::span<rd_kafka_NewTopic_t*> topics,
                               std::chrono::milliseconds timeout) {
    const AdminOptions options = admin_options(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout);
    const detail::KafkaQueue answers(rd_kafka_queue_new(client));
    rd_kafka_CreateTopics(client, topics.data(), topics.size(), options.get(), answers.get());
    const auto answer = await_answer(answers, "topics", timeout);
    return answer ? first_failure(answer.value().get()) : answer.error();
}

} // namespace streaming
