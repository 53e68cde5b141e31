#include "core/streaming/patterns/stream_manager.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/streaming/ingestion/json_records.hpp"
#include "core/streaming/orchestration/ingestion_runtime.hpp"
#include "core/streaming/patterns/config_error.hpp"
#include "core/streaming/patterns/config_json.hpp"
#include "core/streaming/patterns/source_plan_of.hpp"
#include "core/streaming/patterns/stream_service_builder.hpp"

namespace streaming {

namespace {

using detail::Secrets;

Error refused(std::string message) { return Error{.code = ErrorCode::invalid_argument, .message = std::move(message)}; }

void fail_on(const Problems& problems) {
    if (!problems.empty()) {
        throw ConfigError(problems);
    }
}

nlohmann::ordered_json section_of(const Settings& settings, const std::string& source) {
    const auto all = detail::config_json(settings, Secrets::kept);
    const auto sources = all.find("sources");
    return sources == all.end() || !sources->contains(source) ? nlohmann::ordered_json() : (*sources)[source];
}

std::string endpoint_of(const IngestionSettings& ingestion, const std::string& source_type) {
    const auto endpoint = ingestion.api_endpoints.find(source_type);
    return endpoint == ingestion.api_endpoints.end() ? "" : endpoint->second;
}

/// All that the settings say about one source, there or elsewhere.
nlohmann::ordered_json said_about(const std::string& name, const Settings& settings) {
    const auto source = settings.ingestion.sources.find(name);
    if (source == settings.ingestion.sources.end()) {
        return {};
    }
    const auto& high = settings.ingestion.priority_sources;
    return {section_of(settings, name), endpoint_of(settings.ingestion, source->second.source_type),
            std::ranges::find(high, name) != high.end()};
}

/// A connector holds what it was made of: it is made again when that differs.
bool needs_other_parts(const std::string& name, const Settings& before, const Settings& after) {
    const SourceSettings& old = before.ingestion.sources.at(name);
    const SourceSettings& now = after.ingestion.sources.at(name);
    return old.source_type != now.source_type || old.custom_params != now.custom_params ||
           endpoint_of(before.ingestion, old.source_type) != endpoint_of(after.ingestion, now.source_type);
}

/// Answers that nobody has a handler for are JSON records.
Status complete(SourceParts& parts, const SourceSettings& source) {
    if (parts.handler) {
        return {};
    }
    auto records = json_records_options(source.custom_params, source.source_type);
    if (!records) {
        return records.error();
    }
    parts.handler = json_records(std::move(records).value());
    return {};
}

} // namespace

struct StreamManager::State {
    State(ConfigSources sources_in, Options options_in, Settings base_in)
        : sources(std::move(sources_in)),
          options(std::move(options_in)),
          base(std::move(base_in)),
          platform(options.platform != nullptr ? *options.platform : real_platform()) {}

    void build();
    [[nodiscard]] Settings read(ConfigFindings& findings, ConfigSources from) const;
    [[nodiscard]] IngestionRuntime& ingestion() const { return *service->ingestion(); }
    [[nodiscard]] std::optional<std::string> stream_of(const std::string& source) const;
    [[nodiscard]] Result<SourceParts> parts_of(const std::string& source, const SourceSettings& settings) const;
    // With settings_mutex held.
    Result<std::string> start_stream(const std::string& source, std::unique_ptr<Connector> connector,
                                     SourceHandler handler);
    Status change_source(const std::string& source, const Settings& before);
    Status replace_source(const std::string& source, const SourceSettings& with);
    void follow(const Settings& before);
    void start_or_report(const std::string& source);

    const ConfigSources sources;
    const Options options;
    const Settings base;
    Platform& platform;
    std::unique_ptr<ServiceOrchestrator> service{};

    mutable std::mutex settings_mutex{}; ///< changes come one after the other
    Settings settings{};
    Settings started_with{};                    ///< what runs of that which takes effect with the next start only
    std::set<std::string> own_connectors{};     ///< sources that run with a connector of the caller
    std::map<std::string, SourceParts> known{}; ///< of sources that run: their parts but connector and handler
    bool started = false;
};

Settings StreamManager::State::read(ConfigFindings& findings, ConfigSources from) const {
    Settings read = base;
    findings = read_settings(read, from);
    if (options.adjust) {
        options.adjust(read);
    }
    return read;
}

void StreamManager::State::build() {
    StreamServiceBuilder builder(options.service, settings, platform);
    builder.with_ingestion().with_throttling(settings.ingestion.throttling);
    service = builder.build();
    started_with = settings;
}

std::optional<std::string> StreamManager::State::stream_of(const std::string& source) const {
    for (const auto& [id, name] : ingestion().streams()) {
        if (name == source) {
            return id;
        }
    }
    return std::nullopt;
}

Result<SourceParts> StreamManager::State::parts_of(const std::string& source, const SourceSettings& from) const {
    return options.types.make({.name = source,
                               .settings = from,
                               .endpoint = endpoint_of(settings.ingestion, from.source_type),
                               .clock = platform.clock()});
}

Result<std::string> StreamManager::State::start_stream(const std::string& source, std::unique_ptr<Connector> connector,
                                                       SourceHandler handler) {
    const auto found = settings.ingestion.sources.find(source);
    if (found == settings.ingestion.sources.end()) {
        return refused("Source not configured: " + source);
    }
    if (!found->second.enabled) {
        return refused("Source is disabled: " + source);
    }
    if (!started) {
        return refused(fmt::format("stream manager: start it before stream {}", source));
    }
    const bool own = connector != nullptr;
    SourceParts parts{.connector = std::move(connector), .handler = std::move(handler)};
    if (!own) {
        auto made = parts_of(source, found->second);
        if (!made) {
            return made.error();
        }
        parts = std::move(made).value();
    }
    if (Status status = complete(parts, found->second); !status.ok()) {
        return status.error();
    }
    auto id = ingestion().add({.options = detail::source_options_of(source, settings, parts),
                               .connector = std::move(parts.connector),
                               .handler = std::move(parts.handler)});
    if (id) {
        known[source] = {.http = parts.http, .defaults = parts.defaults};
    }
    if (id && own) {
        own_connectors.insert(source);
    }
    return id;
}

void StreamManager::State::start_or_report(const std::string& source) {
    if (const auto id = start_stream(source, nullptr, {}); !id) {
        spdlog::error("source {} does not start: {}", source, id.error().message);
        ingestion().report_failed(source, id.error().message);
    } else {
        spdlog::info("source {} runs as stream {}", source, id.value());
    }
}

/// `settings` are what they shall be. What is wrong with the source leaves its stream as it is.
Status StreamManager::State::change_source(const std::string& source, const Settings& before) {
    const auto running = stream_of(source);
    if (!running) {
        return {};
    }
    const auto now = settings.ingestion.sources.find(source);
    if (now == settings.ingestion.sources.end() || !now->second.enabled) {
        own_connectors.erase(source);
        if (Status left = ingestion().remove(*running); !left.ok()) { // it is gone; the rest may come again
            spdlog::warn("{}", left.error().message);
        }
        return {};
    }
    SourceParts parts{.http = known[source].http, .defaults = known[source].defaults};
    if (!own_connectors.contains(source) && needs_other_parts(source, before, settings)) {
        auto made = parts_of(source, now->second);
        if (!made) {
            return made.error();
        }
        parts = std::move(made).value();
        if (Status status = complete(parts, now->second); !status.ok()) {
            return status;
        }
    }
    known[source] = {.http = parts.http, .defaults = parts.defaults};
    return ingestion().configure_source(detail::source_options_of(source, settings, parts), std::move(parts.connector),
                                        std::move(parts.handler));
}

Status StreamManager::State::replace_source(const std::string& source, const SourceSettings& with) {
    const Settings before = settings;
    settings.ingestion.sources[source] = with;
    if (Status status = change_source(source, before); !status.ok()) {
        settings = before;
        return status;
    }
    return {};
}

void StreamManager::State::follow(const Settings& before) {
    ingestion().configure(settings.ingestion);
    for (const auto& [name, source] : before.ingestion.sources) {
        if (said_about(name, before) == said_about(name, settings)) {
            continue;
        }
        ingestion().forget_failed(name);
        if (Status status = change_source(name, before); !status.ok()) {
            spdlog::error("source {} goes on as it was: {}", name, status.error().message);
            ingestion().report_failed(name, "goes on as it was: " + status.error().message);
        }
    }
    for (const auto& [name, source] : settings.ingestion.sources) {
        const bool changed = said_about(name, before) != said_about(name, settings);
        if (source.enabled && changed && !stream_of(name)) {
            start_or_report(name);
        }
    }
}

StreamManager::StreamManager(ConfigSources sources, Options options, Settings settings)
    : state_(std::make_unique<State>(std::move(sources), std::move(options), std::move(settings))) {
    ConfigFindings findings;
    state_->settings = state_->read(findings, state_->sources);
    for (const std::string& warning : findings.warnings) {
        spdlog::warn("configuration: {}", warning);
    }
    fail_on(findings.problems);
    state_->build();
}

StreamManager::StreamManager(const nlohmann::json& document, Options options)
    : StreamManager(ConfigSources{.texts = {{.name = "document", .text = document.dump(2)}}}, std::move(options)) {}

StreamManager::StreamManager(Settings settings, Options options)
    : state_(std::make_unique<State>(ConfigSources{}, std::move(options), std::move(settings))) {
    state_->settings = state_->base;
    if (state_->options.adjust) {
        state_->options.adjust(state_->settings);
    }
    fail_on(state_->settings.ingestion.validate());
    state_->build();
}

StreamManager::~StreamManager() { (void)stop(); }

Status StreamManager::start(std::stop_token stop) {
    if (Status status = state_->service->start(std::move(stop)); !status.ok()) {
        return status;
    }
    const std::scoped_lock lock(state_->settings_mutex);
    state_->started = true;
    return {};
}

std::size_t StreamManager::start_all() {
    const std::scoped_lock lock(state_->settings_mutex);
    state_->started = true;
    for (const auto& [name, source] : state_->settings.ingestion.sources) {
        if (source.enabled && !state_->stream_of(name)) {
            state_->start_or_report(name);
        }
    }
    return streams().size();
}

std::size_t StreamManager::stop() noexcept { return state_->service->stop(); }

Result<std::string> StreamManager::start_stream(const std::string& source_id) {
    const std::scoped_lock lock(state_->settings_mutex);
    return state_->start_stream(source_id, nullptr, {});
}

Result<std::string> StreamManager::start_stream(const std::string& source_id, std::unique_ptr<Connector> connector,
                                                SourceHandler handler) {
    if (connector == nullptr) {
        return refused(fmt::format("stream of {}: it has no connector", source_id));
    }
    const std::scoped_lock lock(state_->settings_mutex);
    return state_->start_stream(source_id, std::move(connector), std::move(handler));
}

Status StreamManager::stop_stream(const std::string& stream_id) {
    const std::scoped_lock lock(state_->settings_mutex);
    const auto known = streams();
    if (const auto stream = known.find(stream_id); stream != known.end()) {
        state_->own_connectors.erase(stream->second);
    }
    return state_->ingestion().remove(stream_id);
}

nlohmann::json StreamManager::get_metrics() const { return state_->service->status(); }
nlohmann::json StreamManager::health_check() const { return state_->ingestion().health_check(); }

Status StreamManager::set_source_config(const std::string& source_id, const SourceSettings& source) {
    if (const Problems problems = source.validate(source_id); !problems.empty()) {
        return refused(fmt::format("{}", fmt::join(problems, "; ")));
    }
    const std::scoped_lock lock(state_->settings_mutex);
    return state_->replace_source(source_id, source);
}

Status StreamManager::update_source_config(const std::string& source_id, const nlohmann::json& changes) {
    const std::scoped_lock lock(state_->settings_mutex);
    if (!state_->settings.ingestion.sources.contains(source_id)) {
        return refused("Source not configured: " + source_id);
    }
    nlohmann::json section = section_of(state_->settings, source_id);
    section.merge_patch(changes);
    Settings changed = state_->settings;
    changed.ingestion.sources.erase(source_id);
    const nlohmann::json document{{"sources", {{source_id, std::move(section)}}}};
    const ConfigFindings findings =
        read_settings(changed, {.texts = {{.name = "update of " + source_id, .text = document.dump(2)}}});
    if (!findings.problems.empty()) {
        return refused(fmt::format("{}", fmt::join(findings.problems, "; ")));
    }
    return state_->replace_source(source_id, changed.ingestion.sources[source_id]);
}

StreamManager::Reload StreamManager::reload() {
    const std::scoped_lock lock(state_->settings_mutex);
    ConfigFindings findings;
    ConfigSources again = state_->sources;
    again.again = true;
    Settings read = state_->read(findings, std::move(again));
    if (!findings.problems.empty()) {
        return {.problems = std::move(findings.problems)};
    }
    Reload result{.changes = detail::config_changes(detail::config_json(state_->settings, Secrets::kept),
                                                    detail::config_json(read, Secrets::kept))};
    const auto waits = detail::config_changes(detail::config_json(state_->started_with, Secrets::kept),
                                              detail::config_json(read, Secrets::kept));
    std::ranges::copy_if(waits, std::back_inserter(result.restart), detail::takes_a_restart);
    const Settings before = std::exchange(state_->settings, std::move(read));
    state_->follow(before);
    return result;
}

Settings StreamManager::settings() const {
    const std::scoped_lock lock(state_->settings_mutex);
    return state_->settings;
}

std::map<std::string, std::string> StreamManager::streams() const { return state_->ingestion().streams(); }
ServiceOrchestrator& StreamManager::service() noexcept { return *state_->service; }

} // namespace streaming
