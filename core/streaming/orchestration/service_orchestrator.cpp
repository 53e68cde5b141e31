#include "core/streaming/orchestration/service_orchestrator.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/spdlog.h>
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/streaming/orchestration/admin_server.hpp"
#include "core/streaming/orchestration/catch_up.hpp"
#include "core/streaming/orchestration/consumer_flow.hpp"
#include "core/streaming/orchestration/flows_json.hpp"
#include "core/streaming/orchestration/ingestion_runtime.hpp"
#include "core/streaming/orchestration/lifecycle_coordinator.hpp"

namespace streaming {

namespace {

/// What stopping the producer may take beyond the flows' deadline: the flows have waited for their own messages
/// already.
constexpr std::chrono::milliseconds kFlushAtLeast{1000};
constexpr std::chrono::milliseconds kTopicTimeout{10'000};

/// A degraded connection is ready, and says what it lacks.
PartHealth connection_health(const std::string& name, const ConnectionState& state) {
    const bool up = state.phase == ConnectionPhase::up || state.phase == ConnectionPhase::degraded;
    return {.name = name,
            .ready = up,
            .alive = true,
            .detail = state.phase == ConnectionPhase::connecting ? "connecting" : state.reason};
}

/// Two see the same part: what is wrong to one of them is wrong.
void add_trouble(PartHealth& part, PartHealth seen_by_another) {
    if (part.ready && !seen_by_another.detail.empty()) {
        part = std::move(seen_by_another);
    }
}

} // namespace

struct ServiceOrchestrator::State {
    State(Platform& platform_in, ServicePlan plan_in)
        : platform(platform_in),
          plan(std::move(plan_in)),
          log(spdlog::default_logger()),
          connections(platform, plan.connections),
          lifecycle(platform.clock(), *log) {
        make_ingestion();
    }

    void warn_of_local_deduplication() const;
    void make_catch_up();
    void make_consumers();
    void make_ingestion();
    [[nodiscard]] nlohmann::json status() const;
    void add_parts();
    void add_flow(ConsumerFlow& flow);
    [[nodiscard]] Health health() const;
    void flow_ended(const std::string& flow, const Error& why);

    Platform& platform;
    ServicePlan plan;
    std::shared_ptr<spdlog::logger> log;
    ConnectionManager connections;
    LifecycleCoordinator lifecycle;
    std::mutex ended_mutex{};
    std::condition_variable_any ended_changed{};
    std::optional<Error> ended{};
    std::vector<std::shared_ptr<ErrorHandler>> error_handlers{};
    std::unique_ptr<detail::CatchUp> catch_up{}; ///< null = no flow catches up first
    std::vector<std::unique_ptr<ConsumerFlow>> consumers{};
    std::unique_ptr<IngestionRuntime> ingestion{}; ///< null = no sources, and none can come
    std::unique_ptr<AdminServer> admin{};

    std::mutex lifecycle_mutex{}; ///< start and stop exclude each other
    bool started = false;
    std::size_t unfinished = 0;
};

void ServiceOrchestrator::State::warn_of_local_deduplication() const {
    const bool deduplicates = std::ranges::any_of(
        plan.consumers, [](const ConsumerPlan& consumer) { return consumer.deduplication.enabled; });
    const bool sources_forget = plan.ingestion && plan.ingestion->settings.state_directory.empty();
    if (!plan.connections.redis && (deduplicates || sources_forget)) {
        log->warn("no Redis is configured: handled ids are remembered in this process only, a restart forgets them");
    }
}

/// Flows that catch up first also start first.
void ServiceOrchestrator::State::make_catch_up() {
    const auto others = std::ranges::stable_partition(
        plan.consumers, [](const ConsumerPlan& consumer) { return consumer.options.catch_up_first; });
    std::vector<std::string> topics;
    for (const ConsumerPlan& consumer : std::span(plan.consumers.begin(), others.begin())) {
        topics.insert(topics.end(), consumer.options.topics.begin(), consumer.options.topics.end());
    }
    if (!topics.empty()) {
        catch_up = std::make_unique<detail::CatchUp>(connections, std::move(topics));
    }
}

void ServiceOrchestrator::State::make_consumers() {
    for (ConsumerPlan& consumer : plan.consumers) {
        std::shared_ptr<ErrorHandler> errors = plan.error_handler;
        if (errors == nullptr) {
            errors = std::make_shared<RetryingErrorHandler>(consumer.error_handling);
        }
        error_handlers.push_back(errors);
        const std::string name = consumer.name;
        consumers.push_back(std::make_unique<ConsumerFlow>(
            ConsumerFlow::Dependencies{.connections = connections,
                                       .clock = platform.clock(),
                                       .log = *log,
                                       .errors = *errors,
                                       .metrics = plan.metrics->flow({.service = plan.name, .flow = name}),
                                       .on_ended = [this, name](const Error& why) { flow_ended(name, why); },
                                       .state = catch_up.get()},
            plan.name, std::move(consumer)));
    }
}

void ServiceOrchestrator::State::make_ingestion() {
    if (!plan.ingestion) {
        return;
    }
    ingestion = std::make_unique<IngestionRuntime>(
        IngestionRuntime::Dependencies{
            .connections = connections, .clock = platform.clock(), .log = *log, .metrics = *plan.metrics},
        plan.name, *plan.ingestion);
    for (SourcePlan& source : plan.sources) {
        (void)ingestion->add(std::move(source)).ok(); // the builder saw to it that names are unique
    }
}

/// Connections first, sources last: what comes in has somewhere to go.
void ServiceOrchestrator::State::add_parts() {
    if (!plan.admin.empty()) {
        admin = std::make_unique<AdminServer>(AdminServer::Dependencies{.health = [this] { return health(); },
                                                                        .status = [this] { return status().dump(); },
                                                                        .metrics = *plan.metrics},
                                              plan.admin);
        lifecycle.add({.name = "admin endpoint",
                       .start = [this](const std::stop_token&) { return admin->start(); },
                       .stop = [this](Clock::steady_time) { admin->stop(); }});
    }
    lifecycle.add({.name = "stop hooks",
                   .start = [](const std::stop_token&) { return Status{}; },
                   .stop =
                       [this](Clock::steady_time) {
                           for (const auto& hook : plan.on_stop) {
                               try {
                                   hook();
                               } catch (const std::exception& error) {
                                   log->error("on_stop: {}", error.what());
                               } catch (...) {
                                   log->error("on_stop: unknown exception");
                               }
                           }
                       }});
    lifecycle.add({.name = "connections",
                   .start = [this](std::stop_token stop) { return connections.start(std::move(stop)); },
                   .stop =
                       [this](Clock::steady_time deadline) {
                           const auto left =
                               std::chrono::duration_cast<std::chrono::milliseconds>(deadline - platform.clock().now());
                           if (const std::size_t lost = connections.stop(std::max(left, kFlushAtLeast)); lost > 0) {
                               log->warn("{} messages were not delivered before the stop", lost);
                           }
                       }});
    if (!plan.topics.empty()) {
        lifecycle.add(
            {.name = "topics",
             .start =
                 [this](const std::stop_token&) { return connections.topics().ensure(plan.topics, kTopicTimeout); },
             .stop = [](Clock::steady_time) {}});
    }
    for (const auto& hook : plan.on_start) {
        lifecycle.add({.name = "on_start",
                       .start =
                           [&hook](const std::stop_token&) {
                               hook();
                               return Status{};
                           },
                       .stop = [](Clock::steady_time) {}});
    }
    for (const auto& flow : consumers) {
        add_flow(*flow);
    }
    if (ingestion != nullptr) {
        lifecycle.add({.name = "ingestion",
                       .start = [this](const std::stop_token&) { return ingestion->start(); },
                       .stop = [this](Clock::steady_time deadline) { unfinished += ingestion->stop(deadline); }});
    }
    // Last to start is first to stop: all flows begin to drain together.
    lifecycle.add({.name = "flows' begin of stop",
                   .start = [](const std::stop_token&) { return Status{}; },
                   .stop =
                       [this](Clock::steady_time deadline) {
                           for (const auto& flow : consumers) {
                               flow->begin_stop(deadline);
                           }
                       }});
}

void ServiceOrchestrator::State::add_flow(ConsumerFlow& flow) {
    lifecycle.add({.name = "flow " + flow.name(),
                   .start = [&flow](const std::stop_token&) { return flow.start(); },
                   .stop = [this, &flow](Clock::steady_time deadline) { unfinished += flow.stop(deadline); }});
}

Health ServiceOrchestrator::State::health() const {
    Health health;
    for (const auto& [name, state] : connections.states()) {
        PartHealth part = connection_health(name, state);
        if (ingestion != nullptr && name == "kafka") {
            add_trouble(part, ingestion->sending());
        }
        health.parts.push_back(std::move(part));
    }
    for (const auto& flow : consumers) {
        health.parts.push_back(flow->health());
    }
    if (ingestion != nullptr) {
        for (PartHealth& part : ingestion->health()) {
            health.parts.push_back(std::move(part));
        }
    }
    return health;
}

nlohmann::json ServiceOrchestrator::State::status() const {
    nlohmann::json shown = ingestion != nullptr ? ingestion->status() : nlohmann::json::object();
    shown["service"] = plan.name;
    shown["flows"] = detail::flows_json(plan.metrics->flows());
    return shown;
}

void ServiceOrchestrator::State::flow_ended(const std::string& flow, const Error& why) {
    const std::scoped_lock lock(ended_mutex);
    if (!ended) {
        ended = why;
        ended->message = fmt::format("flow {}: {}", flow, why.message);
        ended_changed.notify_all();
    }
}

ServiceOrchestrator::ServiceOrchestrator(Platform& platform, ServicePlan plan)
    : state_(std::make_unique<State>(platform, std::move(plan))) {}

ServiceOrchestrator::~ServiceOrchestrator() { (void)stop(); }

Status ServiceOrchestrator::start(std::stop_token stop) {
    State& state = *state_;
    const std::scoped_lock lock(state.lifecycle_mutex);
    if (std::exchange(state.started, true)) {
        return Error{.code = ErrorCode::invalid_argument, .message = "a service is started once; build a new one"};
    }
    state.warn_of_local_deduplication();
    state.make_catch_up();
    state.make_consumers();
    state.add_parts();
    return state.lifecycle.start(stop, state.plan.stop_deadline);
}

std::size_t ServiceOrchestrator::stop() noexcept {
    State& state = *state_;
    const std::scoped_lock lock(state.lifecycle_mutex);
    state.lifecycle.stop(state.plan.stop_deadline);
    return state.unfinished;
}

Status ServiceOrchestrator::wait(std::stop_token stop) {
    State& state = *state_;
    std::unique_lock lock(state.ended_mutex);
    state.ended_changed.wait(lock, stop, [&state] { return state.ended.has_value(); });
    return state.ended ? Status(*state.ended) : Status();
}

const std::string& ServiceOrchestrator::name() const noexcept { return state_->plan.name; }
Health ServiceOrchestrator::health() const { return state_->health(); }
MetricsCollector& ServiceOrchestrator::metrics() const noexcept { return *state_->plan.metrics; }
std::uint16_t ServiceOrchestrator::admin_port() const noexcept {
    return state_->admin != nullptr ? state_->admin->port() : std::uint16_t{0};
}

std::size_t ServiceOrchestrator::in_flight() const noexcept {
    std::size_t sum = 0;
    for (const auto& flow : state_->consumers) {
        sum += flow->in_flight();
    }
    return sum + (state_->ingestion != nullptr ? state_->ingestion->open_rows() : 0);
}

IngestionRuntime* ServiceOrchestrator::ingestion() noexcept { return state_->ingestion.get(); }
nlohmann::json ServiceOrchestrator::status() const { return state_->status(); }

} // namespace streaming
