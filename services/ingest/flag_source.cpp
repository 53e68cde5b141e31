#include "services/ingest/flag_source.hpp"

#include <utility>

#include "services/ingest/source_types.hpp"

namespace services::ingest {
namespace {

/// "sources.firms.custom_params.product: 'X' is ..." becomes "flag --source: 'X' is ...".
std::string with_flag(const std::string& message, const std::map<std::string, std::string>& flags) {
    for (const auto& [param, flag] : flags) {
        const std::string named = ".custom_params." + param + ":";
        if (const std::size_t at = message.find(named); at != std::string::npos) {
            return "flag --" + flag + ":" + message.substr(at + named.size());
        }
    }
    return message;
}

} // namespace

void add_source(streaming::StreamServiceBuilder& service, FlagSource source) {
    streaming::SourceOptions options{.name = std::move(source.name),
                                     .topic = std::move(source.topic),
                                     .source_type = source.type,
                                     .ingestion = {.polling_interval = source.interval}};
    const streaming::SourceSettings settings{.source_type = std::move(source.type),
                                             .ingestion = options.ingestion,
                                             .custom_params = std::move(source.params)};
    auto parts = source_types().make(
        {.name = options.name, .settings = settings, .endpoint = std::move(source.url), .clock = service.clock()});
    if (!parts) {
        throw streaming::ConfigError({with_flag(parts.error().message, source.flags)});
    }
    options.http = parts.value().http;
    options.deduplication = settings.deduplication_for(parts.value().defaults.repeats);
    service.add_source(std::move(options), std::move(parts.value().connector), std::move(parts.value().handler));
}

} // namespace services::ingest
