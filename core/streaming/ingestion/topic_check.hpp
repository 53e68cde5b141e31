#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/infrastructure/topic_admin.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"

namespace streaming {

/// What was found and done; the texts are sentences for the log.
struct TopicCheck {
    std::vector<std::string> made{};         ///< names of topics that did not exist
    std::vector<std::string> differences{};  ///< between a topic and the configuration; nothing was changed
    std::vector<std::string> not_compared{}; ///< what the broker does not tell
};

/// Makes the topics that do not exist, and compares the others with what is wanted of them; those are never changed.
/// Topics that were made are compared too: a broker may do otherwise than asked. What is not said in `wanted` is left
/// to the broker and not compared. An Error, of the port, when the broker cannot be asked or does not make a topic;
/// that a topic's settings may not be looked at is none: it is told in `not_compared`. Blocks: `timeout` is that of
/// each question.
[[nodiscard]] Result<TopicCheck> check_topics(const std::map<std::string, TopicOptions>& wanted, TopicAdmin& admin,
                                              std::chrono::milliseconds timeout);

} // namespace streaming
