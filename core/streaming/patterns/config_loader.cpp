#include "core/streaming/patterns/config_loader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>

#include "core/streaming/patterns/config_error.hpp"
#include "core/streaming/patterns/config_tree.hpp"

namespace streaming {

namespace {

/// Sets one value; returns what is allowed when it is not, else empty.
using Setter = std::function<std::string(Settings&, const std::string&)>;

RedisOptions& redis_of(Settings& settings) { return settings.redis ? *settings.redis : settings.redis.emplace(); }
DeduplicationOptions& deduplication_of(Settings& settings) {
    return settings.deduplication ? *settings.deduplication : settings.deduplication.emplace();
}
ErrorHandlingOptions& errors_of(Settings& settings) {
    return settings.error_handling ? *settings.error_handling : settings.error_handling.emplace();
}

template <class Field>
Setter text(Field field) {
    return [field](Settings& settings, const std::string& value) {
        field(settings) = value;
        return std::string();
    };
}

template <class Field>
Setter flag(Field field) {
    return [field](Settings& settings, const std::string& value) {
        if (value != "true" && value != "false") {
            return std::string("true or false");
        }
        field(settings) = value == "true";
        return std::string();
    };
}

bool read_count(const std::string& value, std::uint64_t& into) {
    const char* end = value.data() + value.size();
    const auto [stopped, error] = std::from_chars(value.data(), end, into);
    return error == std::errc() && stopped == end && into <= 1'000'000'000'000ULL;
}

template <class Field>
Setter count(Field field) {
    return [field](Settings& settings, const std::string& value) {
        std::uint64_t number = 0;
        if (!read_count(value, number)) {
            return std::string("a whole number of 0 or more");
        }
        using Target = std::remove_reference_t<decltype(field(settings))>;
        field(settings) =
            Target(static_cast<typename std::conditional_t<std::is_integral_v<Target>, std::common_type<Target>,
                                                           std::common_type<std::int64_t>>::type>(number));
        return std::string();
    };
}

template <class Enum, std::size_t N>
Setter choice(std::function<Enum&(Settings&)> field, std::array<std::pair<std::string_view, Enum>, N> values) {
    return [field = std::move(field), values](Settings& settings, const std::string& value) {
        std::vector<std::string_view> names;
        for (const auto& [name, number] : values) {
            if (name == value) {
                field(settings) = number;
                return std::string();
            }
            names.push_back(name);
        }
        return fmt::format("one of {}", fmt::join(names, ", "));
    };
}

std::map<std::string, Setter, std::less<>> known_keys() {
    return {
        {"kafka.bootstrap_servers", text([](Settings & s) -> auto& { return s.kafka.bootstrap_servers; })},
        {"kafka.client_id", text([](Settings & s) -> auto& { return s.kafka.client_id; })},
        {"kafka.compression_type", text([](Settings & s) -> auto& { return s.kafka.compression_type; })},
        {"kafka.allow_insecure", flag([](Settings & s) -> auto& { return s.kafka.allow_insecure; })},
        {"redis.url", text([](Settings & s) -> auto& { return redis_of(s).url; })},
        {"redis.connect_timeout_ms", count([](Settings & s) -> auto& { return redis_of(s).connect_timeout; })},
        {"redis.command_timeout_ms", count([](Settings & s) -> auto& { return redis_of(s).command_timeout; })},
        {"deduplication.enabled", flag([](Settings & s) -> auto& { return deduplication_of(s).enabled; })},
        {"deduplication.ttl_seconds", count([](Settings & s) -> auto& { return deduplication_of(s).ttl; })},
        {"deduplication.local_cache_ids",
         count([](Settings & s) -> auto& { return deduplication_of(s).local_cache_ids; })},
        {"deduplication.on_store_error",
         choice<StoreErrorPolicy, 2>([](Settings & s) -> auto& { return deduplication_of(s).on_store_error; },
                                     {{{"process", StoreErrorPolicy::process}, {"pause", StoreErrorPolicy::pause}}})},
        {"error_handling.max_attempts", count([](Settings & s) -> auto& { return errors_of(s).max_attempts; })},
        {"error_handling.first_delay_ms", count([](Settings & s) -> auto& { return errors_of(s).first_delay; })},
        {"error_handling.max_delay_ms", count([](Settings & s) -> auto& { return errors_of(s).max_delay; })},
        {"error_handling.on_exhausted",
         choice<ExhaustedPolicy, 3>([](Settings & s) -> auto& { return errors_of(s).on_exhausted; },
                                    {{{"dead_letter", ExhaustedPolicy::dead_letter},
                                      {"stop", ExhaustedPolicy::stop},
                                      {"drop", ExhaustedPolicy::drop}}})},
        {"error_handling.strict_types", flag([](Settings & s) -> auto& { return errors_of(s).strict_types; })},
        {"error_handling.on_handler_timeout",
         choice<HandlerTimeoutPolicy, 2>(
             [](Settings & s) -> auto& { return errors_of(s).on_handler_timeout; },
             {{{"report", HandlerTimeoutPolicy::report}, {"exit", HandlerTimeoutPolicy::exit}}})},
        {"namespace", text([](Settings & s) -> auto& { return s.name_space; })},
        {"group_id_prefix", text([](Settings & s) -> auto& { return s.group_id_prefix; })},
        {"admin", text([](Settings & s) -> auto& { return s.admin; })},
    };
}

/// Keys that users' files hold for the stream manager. What ends in a dot stands for everything below it.
bool is_stream_manager_key(std::string_view key) {
    constexpr std::array<std::string_view, 12> kKeys{
        "throttling.",    "queue_max_size",    "queue_overflow_strategy", "enable_dlq",
        "enable_metrics", "priority_sources.", "custom_topic_mappings.",  "topics.",
        "sources.",       "kafka.batch_size",  "kafka.max_retries",       "kafka.retry_backoff_base"};
    return std::ranges::any_of(
        kKeys, [key](std::string_view known) { return known.ends_with('.') ? key.starts_with(known) : key == known; });
}

} // namespace

Problems read_settings(Settings& settings, const std::vector<std::string>& files, const char* const* environment) {
    constexpr std::string_view kProperties = "kafka.properties.";
    constexpr std::string_view kFlags = "flags.";
    Problems problems;
    detail::ConfigTree tree;
    for (const auto& file : files) {
        tree.read_file(file, problems);
    }
    tree.read_environment(environment);
    const auto known = known_keys();
    for (const auto& [key, value] : tree.values()) {
        if (key.starts_with(kProperties)) {
            settings.kafka.properties[key.substr(kProperties.size())] = value.text;
        } else if (key.starts_with(kFlags)) {
            const auto own = settings.flags.find(key.substr(kFlags.size()));
            if (own == settings.flags.end()) {
                problems.push_back(
                    fmt::format("{}: this service has no flag '{}'", value.where, key.substr(kFlags.size())));
            } else {
                own->second = value.text;
            }
        } else if (const auto setter = known.find(key); setter != known.end()) {
            if (const std::string allowed = setter->second(settings, value.text); !allowed.empty()) {
                problems.push_back(fmt::format("{}: {}: '{}' is not {}", value.where, key, value.text, allowed));
            }
        } else if (!is_stream_manager_key(key)) {
            problems.push_back(fmt::format("{}: unknown key '{}'", value.where, key));
        }
    }
    return problems;
}

Settings load_settings(Settings settings, const std::vector<std::string>& files, const char* const* environment) {
    if (Problems problems = read_settings(settings, files, environment); !problems.empty()) {
        throw ConfigError(std::move(problems));
    }
    return settings;
}

} // namespace streaming
