#pragma once

#include "core/streaming/patterns/run_service.hpp"

namespace services::trading {

/// The topics of the trading services, made at start by whoever needs one first. A topic that exists stays as it is, so
/// make it beforehand to have other numbers.
[[nodiscard]] streaming::TopicSpec stream_topic(std::string name); ///< 8 partitions
/// market.ticks: 8 partitions, kept for a day. Every start of a service that needs prices reads what is kept.
[[nodiscard]] streaming::TopicSpec tick_topic();
/// {namespace}.positions: compacted; a record is kept for a day at least, as it says which fills were applied.
[[nodiscard]] streaming::TopicSpec position_topic(std::string_view name_space);

/// How prices and positions are read: every record in every instance, before anything else is handled, so that what an
/// instance knows is never older than the topic.
[[nodiscard]] streaming::ConsumerOptions whole_topics(std::vector<std::string> topics, std::string group_id);

} // namespace services::trading
