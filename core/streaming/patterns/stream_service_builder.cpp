#include "core/streaming/patterns/stream_service_builder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/orchestration/admin_server.hpp"
#include "core/streaming/reliability/prometheus_metrics_collector.hpp"

namespace streaming {

namespace {

struct ConsumerCall {
    ConsumerOptions options{};
    std::string type{};
    Handler handler{};
};

struct SourceCall {
    SourceOptions options{};
    std::unique_ptr<Connector> connector{};
    SourceHandler handler{};
};

void append(Problems& problems, const std::string& where, const Problems& more) {
    for (const auto& problem : more) {
        problems.push_back(where.empty() ? problem : fmt::format("{}: {}", where, problem));
    }
}

/// Keys `dedup:{service}:{id}` are the same for all flows: the second to see an id would skip what it never handled.
void check_key_styles(const ServicePlan& plan, Problems& problems) {
    const auto deduplicating = [](const ConsumerPlan& flow) {
        return flow.deduplication.enabled && !flow.options.broadcast;
    };
    const auto per_id = std::ranges::find_if(plan.consumers, [&](const ConsumerPlan& flow) {
        return deduplicating(flow) && flow.deduplication.key_style == KeyStyle::per_id;
    });
    if (per_id != plan.consumers.end() && std::ranges::count_if(plan.consumers, deduplicating) > 1) {
        problems.push_back(
            fmt::format("group {}: deduplication.key_style: per_id is for services with one consumer group; use "
                        "rolling_set",
                        per_id->name));
    }
}

} // namespace

struct StreamServiceBuilder::State {
    std::string name;
    Settings settings;
    Platform& platform;
    std::optional<ProducerOptions> producer{};
    std::shared_ptr<ErrorHandler> error_handler{};
    std::optional<ThrottlingOptions> throttling{};
    bool ingestion = false; ///< sources may come later
    std::shared_ptr<MetricsCollector> metrics{};
    std::vector<ConsumerCall> consumers{};
    std::vector<SourceCall> sources{};
    std::vector<TopicSpec> topics{};
    std::vector<std::function<void()>> on_start{};
    std::vector<std::function<void()>> on_stop{};
    bool built = false;

    [[nodiscard]] Problems check() const;
    [[nodiscard]] ProducerOptions producer_options() const;
    void plan_consumers(ServicePlan& plan, Problems& problems);
    void plan_sources(ServicePlan& plan, Problems& problems);
    void plan_ingestion(ServicePlan& plan) const;
    void plan_topics(ServicePlan& plan, Problems& problems) const;
};

StreamServiceBuilder::StreamServiceBuilder(std::string name, Settings settings, Platform& platform)
    : state_(new State{.name = std::move(name), .settings = std::move(settings), .platform = platform}) {}

StreamServiceBuilder::~StreamServiceBuilder() = default;

StreamServiceBuilder& StreamServiceBuilder::with_kafka(KafkaOptions kafka) {
    state_->settings.kafka = std::move(kafka);
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::with_redis(RedisOptions redis) {
    state_->settings.redis = std::move(redis);
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::with_deduplication(DeduplicationOptions deduplication) {
    state_->settings.deduplication = deduplication;
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::with_error_handling(ErrorHandlingOptions error_handling) {
    state_->settings.error_handling = error_handling;
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::with_error_handling(std::unique_ptr<ErrorHandler> handler) {
    state_->error_handler = std::move(handler);
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::with_metrics(std::shared_ptr<MetricsCollector> metrics) {
    state_->metrics = std::move(metrics);
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::add_producer(ProducerOptions producer) {
    state_->producer = producer;
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::add_source(SourceOptions options, std::unique_ptr<Connector> connector,
                                                       SourceHandler handler) {
    state_->sources.push_back({std::move(options), std::move(connector), std::move(handler)});
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::add_topic(TopicSpec topic) {
    state_->topics.push_back(std::move(topic));
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::on_start(std::function<void()> hook) {
    state_->on_start.push_back(std::move(hook));
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::on_stop(std::function<void()> hook) {
    state_->on_stop.push_back(std::move(hook));
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::with_throttling(ThrottlingOptions throttling) {
    state_->throttling = std::move(throttling);
    return *this;
}

StreamServiceBuilder& StreamServiceBuilder::with_ingestion() {
    state_->ingestion = true;
    return *this;
}

const Settings& StreamServiceBuilder::settings() const noexcept { return state_->settings; }

Clock& StreamServiceBuilder::clock() const noexcept { return state_->platform.clock(); }

void StreamServiceBuilder::add_handler(ConsumerOptions options, std::string type, Handler handler) {
    state_->consumers.push_back({std::move(options), std::move(type), std::move(handler)});
}

ProducerOptions StreamServiceBuilder::State::producer_options() const {
    const bool has_sources = ingestion || !sources.empty();
    return producer.value_or(has_sources ? ProducerOptions{.delivery_timeout = std::chrono::hours(24)}
                                         : ProducerOptions{});
}

/// What can be said without looking at single flows.
Problems StreamServiceBuilder::State::check() const {
    Problems problems;
    if (name.empty()) {
        problems.emplace_back("service: the name is empty");
    }
    append(problems, "", settings.kafka.validate());
    append(problems, "", producer_options().validate());
    if (settings.redis) {
        append(problems, "", settings.redis->validate());
    }
    if (settings.deduplication) {
        append(problems, "", settings.deduplication->validate());
    }
    if (settings.error_handling) {
        append(problems, "", settings.error_handling->validate());
    }
    if (!settings.admin.empty()) {
        if (const auto address = parse_host_port(settings.admin); !address) {
            problems.push_back("admin: " + address.error().message);
        }
    }
    if (throttling) {
        append(problems, "", throttling->validate());
    }
    if (settings.ingestion.sharing.mode == SharingMode::leases && !settings.redis && (ingestion || !sources.empty())) {
        problems.emplace_back("sharing.mode: 'leases' needs redis, which is not given: nothing would be polled");
    }
    if (consumers.empty() && sources.empty() && !ingestion) {
        problems.emplace_back(
            "service: it has neither a consumer handler nor a source; add_consumer_handler or add_source");
    }
    if (built) {
        problems.emplace_back("service: build was called before; a builder builds once");
    }
    return problems;
}

/// Calls with the same topics and group join one flow.
void StreamServiceBuilder::State::plan_consumers(ServicePlan& plan, Problems& problems) {
    std::set<std::string> reported;
    for (ConsumerCall& call : consumers) {
        const std::string where = call.options.group_id.empty()
                                      ? fmt::format("consumer of {}", fmt::join(call.options.topics, ", "))
                                      : fmt::format("group {}", call.options.group_id);
        const auto found = std::find_if(plan.consumers.begin(), plan.consumers.end(),
                                        [&](const ConsumerPlan& other) { return other.name == call.options.group_id; });
        ConsumerPlan* flow = found == plan.consumers.end() ? nullptr : &*found;
        if (flow == nullptr) {
            append(problems, where, call.options.validate());
            plan.consumers.push_back({.name = call.options.group_id, .options = call.options});
            flow = &plan.consumers.back();
            flow->error_handling =
                call.options.error_handling.value_or(settings.error_handling.value_or(ErrorHandlingOptions{}));
            flow->deduplication =
                call.options.deduplication.value_or(settings.deduplication.value_or(DeduplicationOptions{}));
        } else if (!(flow->options == call.options) && reported.insert(call.options.group_id).second) {
            problems.push_back(where +
                               ": two handlers give it different options; one group has one set of topics and options");
        }
        const std::string handler_name = call.type.empty() ? "message" : call.type;
        if (!flow->handlers.add({.type = call.type, .name = handler_name, .handler = std::move(call.handler)})) {
            problems.push_back(
                fmt::format("{}: two handlers for event type '{}'; one type has one handler", where, handler_name));
        }
    }
}

void StreamServiceBuilder::State::plan_sources(ServicePlan& plan, Problems& problems) {
    std::set<std::string> names;
    for (SourceCall& call : sources) {
        const std::string where = fmt::format("source {}", call.options.name);
        append(problems, where, call.options.validate());
        if (!names.insert(call.options.name).second) {
            problems.push_back(where + ": the name is used twice");
        }
        if (call.connector == nullptr) {
            problems.push_back(where + ": it has no connector");
        }
        if (!call.handler) {
            problems.push_back(where + ": it has no handler");
        }
        plan.sources.push_back({std::move(call.options), std::move(call.connector), std::move(call.handler)});
    }
}

/// What throttles is asked for: a service that only adds sources sends as fast as it can.
void StreamServiceBuilder::State::plan_ingestion(ServicePlan& plan) const {
    if (sources.empty() && !ingestion) {
        return;
    }
    plan.ingestion = IngestionPlan{.settings = settings.ingestion};
    plan.ingestion->settings.throttling = throttling.value_or(ThrottlingOptions{.enabled = false});
}

/// Parts of a service may name one topic each: once is enough, when they mean the same.
void StreamServiceBuilder::State::plan_topics(ServicePlan& plan, Problems& problems) const {
    const auto same = [](const TopicSpec& one, const TopicSpec& other) {
        return one.partitions == other.partitions && one.replication == other.replication &&
               one.settings == other.settings;
    };
    for (const TopicSpec& topic : topics) {
        if (!is_valid_topic(topic.name)) {
            problems.push_back(fmt::format("topic '{}': must be 1-249 characters of A-Z a-z 0-9 . _ -", topic.name));
        }
        if (topic.partitions < 1) {
            problems.push_back(
                fmt::format("topic {}: partitions: {} must be at least 1", topic.name, topic.partitions));
        }
        const auto known = std::ranges::find(plan.topics, topic.name, &TopicSpec::name);
        if (known == plan.topics.end()) {
            plan.topics.push_back(topic);
        } else if (!same(*known, topic)) {
            problems.push_back(fmt::format("topic {}: it is added twice, with different settings", topic.name));
        }
    }
}

std::unique_ptr<ServiceOrchestrator> StreamServiceBuilder::build() {
    State& state = *state_;
    Problems problems = state.check();
    ServicePlan plan{
        .name = state.name,
        .connections = {.kafka = state.settings.kafka,
                        .redis = state.settings.redis,
                        .producer = state.producer_options(),
                        .shadow = state.settings.shadow,
                        .shadow_log = state.settings.shadow_log},
        .error_handler = state.error_handler,
        .metrics = state.metrics != nullptr ? state.metrics : std::make_shared<PrometheusMetricsCollector>(),
        .admin = state.settings.admin,
        .on_start = state.on_start,
        .on_stop = state.on_stop};
    plan.connections.producer.service = state.name;
    state.plan_consumers(plan, problems);
    check_key_styles(plan, problems);
    state.plan_sources(plan, problems);
    state.plan_topics(plan, problems);
    state.plan_ingestion(plan);
    if (!problems.empty()) {
        throw ConfigError(std::move(problems));
    }
    state.built = true;
    return std::make_unique<ServiceOrchestrator>(state.platform, std::move(plan));
}

} // namespace streaming
