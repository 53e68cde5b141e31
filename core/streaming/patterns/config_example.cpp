#include "core/streaming/patterns/config_example.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/patterns/config_catalog.hpp"
#include "core/streaming/patterns/config_json.hpp"

namespace streaming::detail {

namespace {

using Json = nlohmann::ordered_json;
using Path = std::vector<std::string>;

SourceSettings source(std::string type, IngestionOptions ingestion) {
    return {.source_type = std::move(type), .ingestion = ingestion};
}

/// What sources and topics of these names are when nothing is said about them.
Settings unsaid(const Settings& settings) {
    Settings defaults;
    for (const auto& [name, topic] : settings.ingestion.topics) {
        defaults.ingestion.topics[name];
    }
    for (const auto& [name, one] : settings.ingestion.sources) {
        defaults.ingestion.sources[name];
    }
    return defaults;
}

std::string key_text(const std::string& name) {
    const bool plain = !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) != 0 &&
                       std::ranges::all_of(name, [](unsigned char c) {
                           return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
                       });
    return plain ? name : Json(name).dump();
}

/// One line, as people write it: {mode: "batch", batch_size: 1000}.
std::string flow(const Json& value) {
    if (!value.is_structured() || value.empty()) {
        return value.dump();
    }
    std::string text;
    for (const auto& [name, inner] : value.items()) {
        text += text.empty() ? "" : ", ";
        text += value.is_object() ? fmt::format("{}: {}", key_text(name), flow(inner)) : flow(inner);
    }
    return fmt::format(fmt::runtime(value.is_object() ? "{{{}}}" : "[{}]"), text);
}

class YamlWriter {
public:
    explicit YamlWriter(const Json& unsaid) : unsaid_(unsaid) {}

    std::string write(const Json& document) {
        section(document, {}, unsaid_);
        return std::move(text_);
    }

private:
    void section(const Json& values, const Path& path, const Json& unsaid) {
        for (const std::string& name : catalog_.names_below(path)) {
            Path inner = path;
            inner.push_back(name);
            const CatalogEntry* const entry = catalog_.find(inner);
            const auto value = values.find(name);
            if (value == values.end()) {
                line(inner, "# " + key_text(name) + ":", entry);
            } else if (entry->key.type == ConfigType::section) {
                line(inner, key_text(name) + ":", entry);
                section(*value, inner, unsaid.value(name, Json::object()));
            } else if (entry->key.type == ConfigType::named && !value->empty()) {
                line(inner, key_text(name) + ":", entry);
                named(*value, inner, unsaid.value(name, Json::object()));
            } else {
                line(inner, fmt::format("{}: {}", key_text(name), flow(*value)), entry);
            }
        }
    }
    void named(const Json& values, const Path& path, const Json& unsaid) {
        bool first = true;
        for (const auto& [name, value] : values.items()) {
            Path inner = path;
            inner.push_back(name);
            if (first) {
                line(inner, key_text(name) + ":", nullptr);
                section(value, inner, unsaid.value(name, Json::object()));
            } else {
                const Json said = without_defaults(value, unsaid.value(name, Json::object()));
                line(inner, fmt::format("{}: {}", key_text(name), flow(said)), nullptr);
            }
            first = false;
        }
    }
    void line(const Path& path, const std::string& content, const CatalogEntry* entry) {
        const std::string indented = std::string((path.size() - 1) * 2, ' ') + content;
        if (entry == nullptr) {
            text_ += indented + "\n";
            return;
        }
        const ConfigKey& key = entry->key;
        const bool says_more =
            key.type == ConfigType::whole || key.type == ConfigType::number || key.type == ConfigType::choice;
        text_ += fmt::format("{:<52} # {}{}\n", indented, key.meaning,
                             says_more ? fmt::format("; {}", allowed_words(key)) : "");
    }

    const Json& unsaid_;
    ConfigCatalog catalog_{};
    std::string text_{};
};

} // namespace

Settings example_settings() {
    Settings settings;
    settings.kafka = {.bootstrap_servers = "localhost:9092", .client_id = "wildfire-stream-manager"};
    settings.redis = RedisOptions{.url = "redis://localhost:6379"};
    settings.deduplication = DeduplicationOptions{};
    settings.error_handling = ErrorHandlingOptions{};
    settings.admin = "127.0.0.1:9180";
    IngestionSettings& ingestion = settings.ingestion;
    ingestion.throttling.consumer_groups = {"wildfire-alerts"};
    ingestion.priority_sources = {"firms_viirs"};
    ingestion.topic_resolution.custom_mappings = {{"noaa_weather_ca", std::string(TopicNames::weather)}};
    ingestion.topic_resolution.content_rules = {
        {.field = "data.severity", .equals = "Extreme", .topic = std::string(TopicNames::wildfire_alerts)}};
    ingestion.topics = {{std::string(TopicNames::weather), {.partitions = 8, .retention_ms = 259'200'000}},
                        {std::string(TopicNames::iot_sensors), {.partitions = 12}},
                        {std::string(TopicNames::fires), {.partitions = 4}}};
    auto& sources = ingestion.sources;
    sources["firms_viirs"] = source("nasa_firms", {.mode = IngestionKind::batch});
    sources["iot_sensors"] = source("iot_sensor", {.polling_interval = 10s, .buffer_size = 200});
    sources["noaa_alerts"] = source("noaa_weather", {.mode = IngestionKind::real_time});
    SourceSettings& weather = sources["noaa_weather_ca"] = source("noaa_weather", {});
    weather.topic = std::string(TopicNames::weather);
    weather.rate_limit_per_minute = 120;
    weather.custom_params = {{"state", "CA"}, {"data_types", {"temperature", "humidity"}}};
    return settings;
}

std::string example_yaml() {
    const Settings settings = example_settings();
    const Json nothing_said = config_json(unsaid(settings), Secrets::kept);
    return "# Every key of a configuration; what is left out has its default. Try: tributary check FILE\n" +
           YamlWriter(nothing_said).write(config_json(settings, Secrets::kept));
}

std::string example_json() { return config_json(example_settings(), Secrets::kept).dump(2) + "\n"; }

} // namespace streaming::detail
