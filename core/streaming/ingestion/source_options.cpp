#include "core/streaming/ingestion/source_options.hpp"

#include <fmt/format.h>

#include "core/streaming/infrastructure/event_types.hpp"

namespace streaming {

Problems SourceOptions::validate() const {
    Problems problems = deduplication.validate();
    if (name.empty()) {
        problems.emplace_back("name: is empty, a source needs one");
    }
    if (!is_valid_topic(topic)) {
        problems.push_back(
            fmt::format("topic: '{}' is no topic name; allowed are 1 to 249 of A-Z a-z 0-9 . _ -", topic));
    }
    if (polling_interval.count() < 1) {
        problems.push_back(
            fmt::format("polling_interval: {} ms is too short, at least 1 ms", polling_interval.count()));
    }
    return problems;
}

} // namespace streaming
