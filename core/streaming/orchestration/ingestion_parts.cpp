#include "core/streaming/orchestration/ingestion_parts.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <algorithm>
#include <filesystem>
#include <random>
#include <set>

#include "core/streaming/infrastructure/event_id.hpp"
#include "core/streaming/infrastructure/file_cursor_store.hpp"
#include "core/streaming/infrastructure/memory_cursor_store.hpp"
#include "core/streaming/ingestion/topic_check.hpp"

namespace streaming::detail {

namespace {

constexpr std::chrono::milliseconds kTopicTimeout{10'000};
constexpr std::chrono::milliseconds kLagTimeout{5'000};

/// Null = in the store that the source has anyway.
std::unique_ptr<CursorStore> make_cursors(ConnectionManager& connections, const std::string& directory) {
    if (connections.open_store() != nullptr) {
        return nullptr;
    }
    if (!directory.empty()) { // a service in shadow leaves the real one's cursors alone
        const std::filesystem::path place(directory);
        return std::make_unique<FileCursorStore>(connections.shadow() ? place / "shadow" : place);
    }
    return std::make_unique<MemoryCursorStore>();
}

std::vector<std::string> named_topics(const IngestionSettings& settings) {
    std::vector<std::string> names;
    for (const auto& [topic, options] : settings.topics) {
        names.push_back(topic);
    }
    for (const auto& [name, source] : settings.sources) {
        names.push_back(source.topic);
    }
    std::erase(names, "");
    return names;
}

} // namespace

IngestionParts::IngestionParts(const IngestionRuntime::Dependencies& dependencies_in, std::string service_in,
                               const IngestionPlan& plan)
    : dependencies(dependencies_in),
      service(std::move(service_in)),
      settings(plan.settings),
      api_hosts({.clock = dependencies.clock,
                 .seed = std::random_device{}(),
                 .log = &dependencies.log,
                 .open_store = [this] { return dependencies.connections.open_store(); },
                 .process = to_string(make_uuid_v7())}),
      resolver(settings.topic_resolution, named_topics(settings), dependencies.log),
      line(dependencies.clock, settings.queue.max_wait),
      queue(dependencies.clock, settings.queue),
      throttle(dependencies.clock, settings.throttling),
      lag_watch(dependencies.connections.lag(), dependencies.clock),
      sharing_store(settings.sharing.mode == SharingMode::leases ? dependencies.connections.open_store() : nullptr),
      sharing(make_source_sharing(settings.sharing,
                                  {.clock = dependencies.clock,
                                   .store = sharing_store.get(),
                                   .log = dependencies.log,
                                   .service = service,
                                   .instance = to_string(make_uuid_v7()),
                                   .in_use = [this](const std::string& source) { return is_polled(source); }})),
      drain_trouble(dependencies.log, "the thread that sends records of sources"),
      lag_trouble(dependencies.log, "the look at the lag"),
      sharing_trouble(dependencies.log, "the sharing of sources"),
      scheduler(dependencies.clock, plan.poll_threads),
      producer({.producer = dependencies.connections.producer(),
                .clock = dependencies.clock,
                .log = dependencies.log,
                .on_progress = [this] { queue.interrupt(); }},
               settings.sending, service, settings.enable_dlq),
      drain({.clock = dependencies.clock,
             .queue = queue,
             .throttle = throttle,
             .producer = producer,
             .trouble = drain_trouble,
             .on_room = [this] { scheduler.wake_who_waits_for_room(); }},
            settings.sending),
      lag_work(dependencies.clock, lag_trouble, [this](const std::stop_token&) { return look_at_lag(); }),
      sharing_work(
          dependencies.clock, sharing_trouble, [this](const std::stop_token&) { return keep_share(); },
          [this] { sharing->leave(); }) {}

Status IngestionParts::check_topics() {
    if (dependencies.connections.shadow()) {
        return {}; // nothing of it changes the outside
    }
    const auto checked = streaming::check_topics(settings.topics, dependencies.connections.topics(), kTopicTimeout);
    if (!checked) {
        return checked.error();
    }
    for (const std::string& topic : checked.value().made) {
        dependencies.log.info("topic {} was made", topic);
    }
    for (const std::string& difference : checked.value().differences) {
        dependencies.log.warn("{}", difference);
    }
    for (const std::string& unknown : checked.value().not_compared) {
        dependencies.log.info("{}", unknown);
    }
    return {};
}

Status IngestionParts::begin(const Stream& stream) {
    if (Status status = stream.source->start(); !status.ok()) {
        Error error = status.error();
        error.message = fmt::format("source {}: {}", stream.source->name(), error.message);
        return error;
    }
    if (!scheduler.add(stream.source)) {
        return Error{.code = ErrorCode::stopped, .message = "the ingestion was stopped"};
    }
    return {};
}

std::vector<std::string> IngestionParts::topics_sent_to() const {
    std::set<std::string> topics;
    for (const Stream& stream : streams.all()) {
        topics.insert(stream.topic);
    }
    if (!topics.empty()) {
        for (const ContentRule& rule : settings.topic_resolution.content_rules) {
            topics.insert(rule.topic);
        }
    }
    return {topics.begin(), topics.end()};
}

Clock::steady_time IngestionParts::look_at_lag() {
    ThrottlingOptions options;
    {
        const std::scoped_lock lock(settings_mutex);
        options = settings.throttling;
    }
    if (!options.enabled || options.consumer_groups.empty()) {
        return Clock::steady_time::max(); // `configure` wakes it
    }
    const std::vector<std::string> topics = topics_sent_to();
    const auto began = dependencies.clock.now();
    if (!topics.empty()) {
        if (const auto lag = lag_watch.look(options.consumer_groups, topics, kLagTimeout)) {
            throttle.observe(lag.value());
        } else {
            throttle.observe_unknown(lag.error().message);
        }
        queue.interrupt();
    }
    return began + options.lag_interval;
}

Clock::steady_time IngestionParts::keep_share() {
    std::vector<std::string> names;
    for (const Stream& stream : streams.all()) {
        names.push_back(stream.source->name());
    }
    sharing->set_sources(std::move(names));
    const auto next = sharing->maintain();
    return next ? *next : Clock::steady_time::max();
}

bool IngestionParts::is_polled(const std::string& source) const {
    return std::ranges::any_of(streams.all(), [&](const Stream& stream) {
        return stream.source->name() == source && stream.source->is_polled();
    });
}

std::shared_ptr<SourceFlow> IngestionParts::make_source(SourcePlan plan, std::size_t place) {
    const std::string name = plan.options.name;
    return std::make_shared<SourceFlow>(
        SourceFlow::Dependencies{
            .connections = dependencies.connections,
            .clock = dependencies.clock,
            .log = dependencies.log,
            .queue = queue,
            .resolver = resolver,
            .shadow_log = dependencies.connections.shadow_log(),
            .line = line,
            .tenure = [this](const std::string& source) { return sharing->tenure(source); },
            .sharing_in_trouble = [this] { return sharing->in_trouble(); },
            .wake = [this](const SourceFlow& source, Clock::steady_time time) { scheduler.wake(source, time); },
            .cursors = make_cursors(dependencies.connections, settings.state_directory),
            .account = account_of(name),
            .place = place,
            .state_directory = settings.state_directory,
            .api_hosts = &api_hosts},
        service, std::move(plan));
}

std::shared_ptr<SourceAccount> IngestionParts::account_of(const std::string& source) {
    const std::scoped_lock lock(settings_mutex);
    std::shared_ptr<SourceAccount>& account = accounts[source];
    if (account == nullptr) {
        account = std::make_shared<SourceAccount>(dependencies.metrics.flow({.service = service, .flow = source}));
    }
    return account;
}

std::vector<PartHealth> IngestionParts::loops_in_trouble() const {
    std::vector<PartHealth> troubles;
    for (const LoopTrouble* loop : {&drain_trouble, &lag_trouble, &sharing_trouble}) {
        if (std::string text = loop->text(); !text.empty()) {
            troubles.push_back({.name = loop->who(), .ready = false, .alive = true, .detail = std::move(text)});
        }
    }
    return troubles;
}

/// When the last source is gone, nobody is left whose trouble it is.
PartHealth IngestionParts::sending() const {
    const ProducerHealth health = streams.all().empty() ? ProducerHealth{} : producer.health_check();
    return {.name = "kafka", .ready = health.acknowledges, .alive = true, .detail = health.detail};
}

IngestionStatus IngestionParts::status() const {
    IngestionStatus status{.service = service,
                           .producer = producer.get_metrics(),
                           .producer_health = producer.health_check(),
                           .queue = queue.counts(),
                           .throttling = throttle.status(),
                           .topics = resolver.counts(),
                           .sharing = sharing->status(),
                           .withheld = dependencies.connections.shadow_log().entries()};
    for (const Stream& stream : streams.all()) {
        status.streams.push_back({.id = stream.id, .source = stream.source->status()});
    }
    status.failed = streams.failed();
    status.started = streams.runs();
    status.threads_well = loops_in_trouble().empty();
    return status;
}

} // namespace streaming::detail
