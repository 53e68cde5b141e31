#include "core/streaming/ingestion/source_options.hpp"

#include <fmt/format.h>

#include "core/streaming/infrastructure/event_types.hpp"

namespace streaming {

Problems SourceOptions::validate() const {
    Problems problems = deduplication.validate();
    if (name.empty()) {
        problems.emplace_back("name: is empty, a source needs one");
    }
    if (!topic.empty() && !is_valid_topic(topic)) {
        problems.push_back(
            fmt::format("topic: '{}' is no topic name; allowed are 1 to 249 of A-Z a-z 0-9 . _ -", topic));
    }
    const Problems of_ingestion = ingestion.validate("ingestion");
    problems.insert(problems.end(), of_ingestion.begin(), of_ingestion.end());
    if (api) {
        const Problems of_api = api->validate();
        problems.insert(problems.end(), of_api.begin(), of_api.end());
    }
    return problems;
}

} // namespace streaming
