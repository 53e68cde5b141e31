#include "core/streaming/orchestration/ingestion_runtime.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <utility>

#include "core/streaming/infrastructure/event_id.hpp"
#include "core/streaming/infrastructure/file_cursor_store.hpp"
#include "core/streaming/infrastructure/key_value_cursor_store.hpp"
#include "core/streaming/infrastructure/memory_cursor_store.hpp"
#include "core/streaming/ingestion/lag_watch.hpp"
#include "core/streaming/ingestion/producer_wrapper.hpp"
#include "core/streaming/ingestion/queue_manager.hpp"
#include "core/streaming/ingestion/source_sharing.hpp"
#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/ingestion/topic_check.hpp"
#include "core/streaming/ingestion/topic_resolver.hpp"
#include "core/streaming/orchestration/ingestion_drain.hpp"
#include "core/streaming/orchestration/ingestion_status.hpp"
#include "core/streaming/orchestration/periodic_work.hpp"
#include "core/streaming/orchestration/source_scheduler.hpp"
#include "core/streaming/orchestration/stream_table.hpp"

namespace streaming {

namespace {

constexpr std::chrono::milliseconds kTopicTimeout{10'000};
constexpr std::chrono::milliseconds kLagTimeout{5'000};
constexpr std::chrono::seconds kRemoveDeadline{25};

// Of a stop: the time at most for sources to hand over what they hold, to store what was settled, and to give leases
// back. All of it may hang; the rest of the time is the broker's.
constexpr std::chrono::seconds kHandOverTime{4};
constexpr std::chrono::seconds kSettleTime{3};
constexpr std::chrono::seconds kLeaveTime{1};
constexpr std::chrono::hours kNobodyStandsBack{24 * 366};

/// A stop has nothing to wait for but the broker: what sources hold is in memory already.
constexpr QueueOptions kUnbounded{.max_size = 10'000'000, .max_bytes = std::size_t{1} << 40U};

std::unique_ptr<CursorStore> make_cursors(ConnectionManager& connections, const std::string& service,
                                          const std::string& directory) {
    if (auto store = connections.open_store()) {
        return std::make_unique<KeyValueCursorStore>(std::move(store), service);
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

std::string make_stream_id(const std::string& source, Clock& clock) {
    const std::string random = to_string(make_uuid_v7());
    return fmt::format("{}_{:%Y%m%d_%H%M%S}_{}", source,
                       fmt::gmtime(std::chrono::system_clock::to_time_t(clock.system_now())),
                       random.substr(random.size() - 8));
}

/// Shows the metrics of a runtime for as long as that lives, also to who scrapes while it goes.
class View final : public MetricsView {
public:
    explicit View(std::function<std::vector<MetricSample>()> samples) : samples_(std::move(samples)) {}
    [[nodiscard]] std::vector<MetricSample> samples() const override {
        const std::scoped_lock lock(samples_mutex_);
        return samples_ ? samples_() : std::vector<MetricSample>{};
    }
    void close() {
        const std::scoped_lock lock(samples_mutex_);
        samples_ = nullptr;
    }

private:
    mutable std::mutex samples_mutex_{};
    std::function<std::vector<MetricSample>()> samples_;
};

} // namespace

struct IngestionRuntime::State {
    using Stream = detail::StreamTable::Stream;

    State(const Dependencies& dependencies_in, std::string service_in, const IngestionPlan& plan)
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
          producer({.producer = dependencies.connections.producer(),
                    .clock = dependencies.clock,
                    .log = dependencies.log,
                    .on_progress = [this] { queue.interrupt(); }},
                   settings.sending, service, settings.enable_dlq),
          drain({.clock = dependencies.clock,
                 .queue = queue,
                 .throttle = throttle,
                 .producer = producer,
                 .on_room = [this] { scheduler.wake_who_waits_for_room(); }},
                settings.sending),
          scheduler(dependencies.clock, plan.poll_threads),
          lag_work(dependencies.clock, [this](const std::stop_token&) { return look_at_lag(); }),
          sharing_work(
              dependencies.clock, [this](const std::stop_token&) { return keep_share(); },
              [this] { sharing->leave(); }) {}

    Status check_topics();
    Status begin(const Stream& stream);
    [[nodiscard]] std::vector<std::string> topics_sent_to() const;
    [[nodiscard]] Clock::steady_time look_at_lag();
    [[nodiscard]] Clock::steady_time keep_share();
    [[nodiscard]] bool is_polled(const std::string& source) const;
    [[nodiscard]] std::shared_ptr<SourceFlow> make_source(SourcePlan plan, std::size_t place);
    [[nodiscard]] detail::IngestionStatus status() const;

    Dependencies dependencies;
    const std::string service;
    IngestionSettings settings;
    ApiHosts api_hosts; ///< outlives the sources, which may wait in the queue with their records
    TopicResolver resolver;
    detail::RoomLine line; // before the queue: records that are left there are the last to hold a source
    QueueManager queue;
    ThrottlingManager throttle;
    LagWatch lag_watch;
    std::unique_ptr<KeyValueStore> sharing_store;
    std::unique_ptr<SourceSharing> sharing;
    ProducerWrapper producer;
    detail::IngestionDrain drain;
    std::shared_ptr<View> view{};

    detail::StreamTable streams{};

    mutable std::mutex settings_mutex{}; ///< of what `configure` changes

    detail::SourceScheduler scheduler;
    detail::PeriodicWork lag_work;
    detail::PeriodicWork sharing_work;
};

Status IngestionRuntime::State::check_topics() {
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

Status IngestionRuntime::State::begin(const Stream& stream) {
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

std::vector<std::string> IngestionRuntime::State::topics_sent_to() const {
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

Clock::steady_time IngestionRuntime::State::look_at_lag() {
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

Clock::steady_time IngestionRuntime::State::keep_share() {
    std::vector<std::string> names;
    for (const Stream& stream : streams.all()) {
        names.push_back(stream.source->name());
    }
    sharing->set_sources(std::move(names));
    const auto next = sharing->maintain();
    return next ? *next : Clock::steady_time::max();
}

bool IngestionRuntime::State::is_polled(const std::string& source) const {
    return std::ranges::any_of(streams.all(), [&](const Stream& stream) {
        return stream.source->name() == source && stream.source->is_polled();
    });
}

std::shared_ptr<SourceFlow> IngestionRuntime::State::make_source(SourcePlan plan, std::size_t place) {
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
            .wake = [this](const SourceFlow& source, Clock::steady_time time) { scheduler.wake(source, time); },
            .cursors = make_cursors(dependencies.connections, service, settings.state_directory),
            .metrics = dependencies.metrics.flow({.service = service, .flow = name}),
            .place = place,
            .state_directory = settings.state_directory,
            .api_hosts = &api_hosts},
        service, std::move(plan));
}

detail::IngestionStatus IngestionRuntime::State::status() const {
    detail::IngestionStatus status{.service = service,
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
    return status;
}

IngestionRuntime::IngestionRuntime(const Dependencies& dependencies, std::string service, const IngestionPlan& plan)
    : state_(std::make_unique<State>(dependencies, std::move(service), plan)) {
    state_->view = std::make_shared<View>([state = state_.get()] { return detail::samples_of(state->status()); });
    if (plan.settings.enable_metrics) {
        dependencies.metrics.show(state_->view);
    }
}

IngestionRuntime::~IngestionRuntime() {
    state_->view->close();
    (void)stop(state_->dependencies.clock.now());
}

Status IngestionRuntime::start() {
    State& state = *state_;
    if (Status status = state.check_topics(); !status.ok()) {
        return status;
    }
    state.drain.start();
    state.lag_work.start();
    if (state.settings.sharing.mode != SharingMode::none) {
        state.sharing_work.start();
    }
    for (const State::Stream& stream : state.streams.start()) {
        if (Status status = state.begin(stream); !status.ok()) {
            (void)stop(state.dependencies.clock.now());
            return status;
        }
    }
    return {};
}

std::size_t IngestionRuntime::stop(Clock::steady_time deadline) noexcept {
    State& state = *state_;
    if (!state.streams.stop()) {
        return 0;
    }
    const auto until = [&](std::chrono::seconds reserve) { // a part of the rest of the time for what comes after
        const auto left = deadline - state.dependencies.clock.now();
        return deadline - std::min<Clock::steady_time::duration>(reserve, left / 4);
    };
    state.queue.configure(kUnbounded);
    state.line.configure(kNobodyStandsBack);
    state.lag_work.request_stop();
    std::size_t stuck = state.scheduler.hold(deadline);
    const auto now = state.dependencies.clock.now();
    stuck += state.scheduler.for_each(
        [](SourceFlow& source) {
            source.part();
            source.hand_over_rest();
        },
        now + std::min<Clock::steady_time::duration>(kHandOverTime, (deadline - now) / 4));
    const std::size_t left = state.drain.stop(until(kSettleTime));
    // The store may hang: what it does not get is a repeat under the same id.
    stuck += state.scheduler.for_each([](SourceFlow& source) { source.settle_rest(); }, until(kLeaveTime));
    state.scheduler.end();
    stuck += state.sharing_work.stop(deadline) ? 0 : 1;
    stuck += state.lag_work.stop(deadline) ? 0 : 1;
    return stuck + left;
}

Result<std::string> IngestionRuntime::add(SourcePlan plan) {
    State& state = *state_;
    const std::string name = plan.options.name;
    State::Stream stream{.id = make_stream_id(name, state.dependencies.clock)};
    const auto place = state.streams.reserve(name, stream.id);
    if (!place) {
        return place.error();
    }
    state.resolver.allow(plan.options.topic);
    stream.topic = state.resolver.usual_topic(name, plan.options.topic);
    state.scheduler.retire(name); // one that was removed and is not done yet: it settles on, and counts no more
    stream.source = state.make_source(std::move(plan), place.value());
    const bool begins = state.streams.put(stream);
    state.sharing_work.wake();
    if (begins) {
        if (Status status = state.begin(stream); !status.ok()) {
            state.streams.take_out(stream.id);
            return status.error();
        }
    }
    return stream.id;
}

void IngestionRuntime::report_failed(const std::string& source, std::string why) {
    state_->streams.report_failed(source, std::move(why));
}

void IngestionRuntime::forget_failed(const std::string& source) { state_->streams.forget_failed(source); }

Status IngestionRuntime::remove(const std::string& stream_id) {
    State& state = *state_;
    const std::shared_ptr<SourceFlow> source = state.streams.find(stream_id);
    if (source == nullptr) {
        return Error{.code = ErrorCode::not_found, .message = fmt::format("stream {} does not run", stream_id)};
    }
    const std::size_t left = state.scheduler.remove(source, state.dependencies.clock.now() + kRemoveDeadline);
    state.streams.take_out(stream_id);
    state.sharing_work.wake();
    if (left > 0) {
        return Error{.code = ErrorCode::timed_out,
                     .message = fmt::format("stream {}: {} records were not acknowledged within {} s", stream_id, left,
                                            kRemoveDeadline.count())};
    }
    return {};
}

Status IngestionRuntime::configure_source(SourceOptions options, std::unique_ptr<Connector> connector,
                                          SourceHandler handler) {
    State& state = *state_;
    state.resolver.allow(options.topic);
    const auto source = state.streams.set_topic(options.name, state.resolver.usual_topic(options.name, options.topic));
    if (source == nullptr) {
        return Error{.code = ErrorCode::not_found, .message = fmt::format("source {} does not run", options.name)};
    }
    source->configure(std::move(options), std::move(connector), std::move(handler));
    return {};
}

void IngestionRuntime::configure(const IngestionSettings& settings) {
    State& state = *state_;
    if (state.streams.is_stopped()) {
        return; // the queue has no bounds any more
    }
    {
        const std::scoped_lock lock(state.settings_mutex);
        state.settings.queue = settings.queue;
        state.settings.throttling = settings.throttling;
        state.settings.sending = settings.sending;
    }
    state.queue.configure(settings.queue);
    state.line.configure(settings.queue.max_wait);
    state.throttle.configure(settings.throttling);
    state.producer.configure(settings.sending);
    state.drain.configure(settings.sending);
    state.lag_work.wake();
    state.queue.interrupt();
}

std::map<std::string, std::string> IngestionRuntime::streams() const {
    std::map<std::string, std::string> ids;
    for (const State::Stream& stream : state_->streams.all()) {
        ids.emplace(stream.id, stream.source->name());
    }
    return ids;
}

std::vector<PartHealth> IngestionRuntime::health() const {
    std::vector<PartHealth> parts;
    for (const State::Stream& stream : state_->streams.all()) {
        parts.push_back(stream.source->health());
    }
    for (const auto& [source, why] : state_->streams.failed()) {
        parts.push_back({.name = "source " + source, .ready = false, .alive = true, .detail = why});
    }
    if (std::string trouble = state_->sharing->status().trouble; !trouble.empty()) {
        parts.push_back({.name = "sharing of sources", .ready = false, .alive = true, .detail = std::move(trouble)});
    }
    return parts;
}

nlohmann::json IngestionRuntime::status() const { return detail::numbers_of(state_->status()); }
nlohmann::json IngestionRuntime::health_check() const { return detail::health_of(state_->status()); }

std::size_t IngestionRuntime::open_rows() const { return state_->scheduler.open_rows(); }

} // namespace streaming
