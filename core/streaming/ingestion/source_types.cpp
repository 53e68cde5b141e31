#include "core/streaming/ingestion/source_types.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace streaming {

void SourceTypes::add(std::string type, Maker make) { makers_[std::move(type)] = std::move(make); }

Result<SourceParts> SourceTypes::make(const Request& request) const {
    const auto maker = makers_.find(request.settings.source_type);
    const auto failed = [&](const std::string& what) {
        return Error{.code = ErrorCode::invalid_argument, .message = fmt::format("sources.{}.{}", request.name, what)};
    };
    if (maker == makers_.end()) {
        return failed(fmt::format("source_type: '{}' is not known here; there are {}", request.settings.source_type,
                                  fmt::join(names(), ", ")));
    }
    try {
        auto parts = maker->second(request);
        return parts ? std::move(parts) : failed(parts.error().message);
    } catch (const std::exception& problem) {
        return failed(problem.what());
    }
}

bool SourceTypes::knows(const std::string& type) const { return makers_.contains(type); }

std::vector<std::string> SourceTypes::names() const {
    std::vector<std::string> names;
    for (const auto& [name, maker] : makers_) {
        names.push_back(name);
    }
    return names;
}

} // namespace streaming
