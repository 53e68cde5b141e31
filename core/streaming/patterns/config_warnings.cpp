#include "core/streaming/patterns/config_warnings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace streaming::detail {

namespace {

/// Files of before there was throttling.consumer_groups.
void warn_about_lag_of_nobody(const Settings& settings, const ConfigNode& root, std::vector<std::string>& warnings) {
    const ThrottlingOptions& throttling = settings.ingestion.throttling;
    const ConfigNode* const section = root.find("throttling");
    const ConfigNode* const place = section != nullptr ? section : root.find("sources");
    if (place != nullptr && throttling.enabled && throttling.consumer_groups.empty()) {
        warnings.push_back(
            fmt::format("{}: throttling.consumer_groups: is not given, so throttling has no signal and "
                        "reports no_signal; name the consumer groups whose lag counts",
                        place->where));
    }
}

/// Sources go nowhere without a broker; what is read may be a part that others are merged with.
void warn_about_no_broker(const Settings& settings, const ConfigNode& root, std::vector<std::string>& warnings) {
    const ConfigNode* const kafka = root.find("kafka");
    const bool said = kafka != nullptr && kafka->find("bootstrap_servers") != nullptr;
    if (!settings.ingestion.sources.empty() && settings.kafka.bootstrap_servers.empty() && !said) {
        const ConfigNode* const place = kafka != nullptr ? kafka : root.find("sources");
        warnings.push_back(
            fmt::format("{}kafka.bootstrap_servers: is not given, and sources need it: here, in another file, as "
                        "TRIBUTARY__KAFKA__BOOTSTRAP_SERVERS or as --brokers",
                        place == nullptr ? "" : place->where + ": "));
    }
}

/// A name that is nobody's is mostly a slip.
void warn_about_unknown_names(const Settings& settings, const ConfigNode& root, std::vector<std::string>& warnings) {
    const auto& sources = settings.ingestion.sources;
    if (sources.empty()) {
        return;
    }
    const auto warn = [&](const std::string& key, const std::string& name, const std::string& where) {
        if (!sources.contains(name)) {
            warnings.push_back(fmt::format("{}: {}: there is no source '{}'", where, key, name));
        }
    };
    if (const ConfigNode* const list = root.find("priority_sources")) {
        for (const ConfigNode& item : list->children) {
            warn(list->name, item.text, item.where);
        }
    }
    if (const ConfigNode* const map = root.find("custom_topic_mappings")) {
        for (const ConfigNode& entry : map->children) {
            warn(map->name, entry.name, entry.name_where);
        }
    }
    const ConfigNode* const endpoints = root.find("api_endpoints");
    for (const auto& [type, url] : settings.ingestion.api_endpoints) {
        const ConfigNode* const entry = endpoints == nullptr ? nullptr : endpoints->find(type);
        const bool used = std::ranges::any_of(
            sources, [&type = type](const auto& source) { return source.second.source_type == type; });
        if (entry != nullptr && !used) {
            warnings.push_back(
                fmt::format("{}: api_endpoints: no source has the source_type '{}'", entry->name_where, type));
        }
    }
}

/// Complete files name every key: a value that is what it would be anyway says nothing.
void warn_about_no_effect(const std::string& name, const IngestionOptions& options, const ConfigNode& written,
                          std::vector<std::string>& warnings) {
    const auto warn = [&](std::string_view key, bool is_meant, std::string_view why) {
        const ConfigNode* const node = written.find(key);
        if (node != nullptr && !node->reported && is_meant) {
            warnings.push_back(
                fmt::format("{}: sources.{}.ingestion.{}: has no effect {}", node->where, name, key, why));
        }
    };
    const IngestionOptions unsaid;
    if (options.mode != IngestionKind::batch) {
        const std::string why =
            fmt::format("in mode {}: it is of mode batch",
                        options.mode == IngestionKind::real_time ? "real_time" : "continuous_streaming");
        warn("schedule_cron", !options.schedule_cron.empty(), why);
        warn("missed", options.missed != unsaid.missed, why);
        warn("backfill_from", !options.backfill_from.empty(), why);
    } else {
        warn("schedule_interval_seconds", !options.schedule_cron.empty(), "beside schedule_cron");
    }
    warn("backfill_window_seconds", options.backfill_from.empty() && options.backfill_window != unsaid.backfill_window,
         "without backfill_from");
}

void warn_about_empty_rules(const Settings& settings, const ConfigNode& root, std::vector<std::string>& warnings) {
    const ConfigNode* const list = root.find("content_rules");
    const auto& rules = settings.ingestion.topic_resolution.content_rules;
    if (list == nullptr || list->children.size() != rules.size()) { // what is wrong was said
        return;
    }
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (list->children[i].find("equals") == nullptr && !rules[i].field.empty()) {
            warnings.push_back(
                fmt::format("{}: content_rules.{}: has no equals, so it fits only where its field is an "
                            "empty text",
                            list->children[i].where, i));
        }
    }
}

} // namespace

void warn_about(const Settings& settings, const ConfigNode& root, std::vector<std::string>& warnings) {
    warn_about_no_broker(settings, root, warnings);
    warn_about_lag_of_nobody(settings, root, warnings);
    warn_about_unknown_names(settings, root, warnings);
    if (const ConfigNode* const sources = root.find("sources")) {
        for (const ConfigNode& source : sources->children) {
            const ConfigNode* const written = source.find("ingestion");
            const auto known = settings.ingestion.sources.find(source.name);
            if (written != nullptr && known != settings.ingestion.sources.end()) {
                warn_about_no_effect(source.name, known->second.ingestion, *written, warnings);
            }
        }
    }
    warn_about_empty_rules(settings, root, warnings);
}

} // namespace streaming::detail
