#include "core/streaming/ingestion/source_types.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "core/streaming/ingestion/source_secrets.hpp"

namespace streaming {

void SourceTypes::add(std::string type, Maker make, Recorded recorded) {
    types_[std::move(type)] = {.make = std::move(make), .recorded = std::move(recorded)};
}

Result<SourceParts> SourceTypes::make(const Request& request) const {
    const auto type = types_.find(request.settings.source_type);
    const auto failed = [&](const std::string& what) {
        return Error{.code = ErrorCode::invalid_argument, .message = fmt::format("sources.{}.{}", request.name, what)};
    };
    if (type == types_.end()) {
        return failed(fmt::format("source_type: '{}' is not known here; there are {}", request.settings.source_type,
                                  fmt::join(names(), ", ")));
    }
    try {
        detail::SecretsRead secrets;
        auto parts = type->second.make(request);
        if (!parts) {
            return failed(parts.error().message);
        }
        parts.value().connector = detail::without_secrets(std::move(parts.value().connector), secrets.take());
        return parts;
    } catch (const std::exception& problem) {
        return failed(problem.what());
    }
}

Result<SourceParts> SourceTypes::make_for(const RecordedAnswer& answer, const Request& request) const {
    SourceSettings settings = request.settings;
    const auto type = types_.find(settings.source_type);
    if (type != types_.end() && type->second.recorded) {
        type->second.recorded(answer, settings.custom_params);
    }
    // What is made keeps nothing of the settings: they are lent to a maker for the call.
    return make({.name = request.name, .settings = settings, .endpoint = request.endpoint, .clock = request.clock});
}

bool SourceTypes::knows(const std::string& type) const { return types_.contains(type); }

std::vector<std::string> SourceTypes::names() const {
    std::vector<std::string> names;
    for (const auto& [name, type] : types_) {
        names.push_back(name);
    }
    return names;
}

} // namespace streaming
