#include "core/streaming/patterns/config_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "core/streaming/infrastructure/redis_url.hpp"
#include "core/streaming/patterns/config_node.hpp"

namespace streaming {

namespace {

using namespace std::chrono_literals;

ConnectionCheck result_of(std::string what, const Status& status) {
    return {.what = std::move(what),
            .ok = status.ok(),
            .text = status.ok() ? "ok" : detail::without_logins(status.error().message)};
}

ConnectionCheck try_broker(const KafkaOptions& kafka, Platform& platform, std::chrono::milliseconds timeout) {
    if (kafka.bootstrap_servers.empty()) {
        return {.what = "broker", .text = "kafka.bootstrap_servers is not given"};
    }
    std::string what = "broker " + kafka.bootstrap_servers;
    if (kafka.bootstrap_servers == "embedded") {
        return {.what = std::move(what), .ok = true, .text = "ok, in memory: it keeps nothing"};
    }
    const auto answer = platform.topics(kafka)->partitions("tributary-check", timeout); // asking does not make it
    return result_of(std::move(what), answer ? Status() : Status(answer.error()));
}

ConnectionCheck try_redis(RedisOptions redis, Platform& platform, std::chrono::milliseconds timeout) {
    redis.connect_timeout = std::min(redis.connect_timeout, timeout);
    redis.command_timeout = std::min(redis.command_timeout, timeout);
    const auto address = parse_redis_url(redis.url);
    if (!address) {
        return {.what = "redis", .text = address.error().message};
    }
    return result_of("redis " + address.value().display_name(), platform.store(redis)->ping());
}

/// "https://host:port/" of a URL: no path, no query and no login, as those may hold keys.
std::string base_of(const std::string& url) {
    const std::size_t begin = url.find("://");
    if (begin == std::string::npos || !url.starts_with("http")) {
        return {};
    }
    std::string host = url.substr(begin + 3, url.find_first_of("/?#", begin + 3) - begin - 3);
    host.erase(0, host.rfind('@') + 1);
    return host.empty() ? "" : fmt::format("{}://{}/", url.substr(0, begin), host);
}

/// Where a source fetches: the endpoint that is given for its type, its own parameters, else what is known of its type;
/// empty = nothing to try.
std::string base_of(const SourceSettings& source, const std::map<std::string, std::string>& endpoints) {
    if (const auto given = endpoints.find(source.source_type); given != endpoints.end()) {
        return base_of(given->second);
    }
    for (const char* const name : {"base_url", "url", "api_url", "endpoint"}) {
        const auto given = source.custom_params.find(name);
        if (given != source.custom_params.end() && given->second.is_string()) {
            return base_of(given->second.get<std::string>());
        }
    }
    constexpr auto kKnown = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"noaa_weather", "https://api.weather.gov/"},
         {"nasa_firms", "https://firms.modaps.eosdis.nasa.gov/"},
         {"purpleair", "https://api.purpleair.com/"}});
    const auto* const known = std::ranges::find(kKnown, source.source_type, &decltype(kKnown)::value_type::first);
    return known == kKnown.end() ? "" : std::string(known->second);
}

ConnectionCheck try_host(const std::string& base, const std::vector<std::string>& sources, Platform& platform,
                         std::chrono::milliseconds timeout) {
    const std::string names =
        fmt::format("{} {}", sources.size() == 1 ? "source" : "sources", fmt::join(sources, ", "));
    if (base.empty()) {
        return {.what = names,
                .ok = true,
                .text = "not tried: no url in custom_params, no api_endpoints, none known of the type"};
    }
    const auto http = platform.http({.connect_timeout = timeout});
    const auto answer = http->get({.url = base, .timeout = timeout, .max_body_bytes = 1'000'000}, {});
    const bool reached = answer || answer.error().code == ErrorCode::too_large;
    return result_of(fmt::format("{} at {}", names, base), reached ? Status() : Status(answer.error()));
}

} // namespace

std::vector<ConnectionCheck> check_connections(const Settings& settings, Platform& platform,
                                               std::chrono::milliseconds timeout) {
    std::vector<ConnectionCheck> checks{try_broker(settings.kafka, platform, timeout)};
    if (settings.redis) {
        checks.push_back(try_redis(*settings.redis, platform, timeout));
    }
    std::map<std::string, std::vector<std::string>> hosts; // each is asked once
    for (const auto& [name, source] : settings.ingestion.sources) {
        if (source.enabled) {
            hosts[base_of(source, settings.ingestion.api_endpoints)].push_back(name);
        }
    }
    for (const auto& [base, sources] : hosts) {
        checks.push_back(try_host(base, sources, platform, timeout));
    }
    return checks;
}

std::string config_summary(const Settings& settings) {
    const auto& sources = settings.ingestion.sources;
    const auto off = std::ranges::count_if(sources, [](const auto& source) { return !source.second.enabled; });
    const auto redis = settings.redis ? parse_redis_url(settings.redis->url) : Error{};
    const auto counted = [](std::size_t count, const char* what) {
        return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
    };
    return fmt::format("broker {}, redis {}, {} ({} off), {}",
                       settings.kafka.bootstrap_servers.empty() ? "not given" : settings.kafka.bootstrap_servers,
                       redis ? redis.value().display_name() : "none", counted(sources.size(), "source"), off,
                       counted(settings.ingestion.topics.size(), "topic"));
}

} // namespace streaming
