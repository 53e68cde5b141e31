#pragma once

#include "core/streaming/infrastructure/kafka_handles.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming::detail {

/// What options mean in librdkafka's words: safe defaults, then KafkaOptions::properties, then what carries a promise.
/// An error (invalid_argument) names the property and the value, never a secret.
[[nodiscard]] Result<KafkaConf> consumer_settings(const KafkaOptions& kafka, const ConsumerOptions& options);
[[nodiscard]] Result<KafkaConf> producer_settings(const KafkaOptions& kafka, const ProducerOptions& options);
/// For a client that only asks: topics, lag. Named <client_id>-<purpose>.
[[nodiscard]] Result<KafkaConf> admin_settings(const KafkaOptions& kafka, const std::string& purpose);
/// For a client that reads committed offsets of `group` and never joins it.
[[nodiscard]] Result<KafkaConf> group_reader_settings(const KafkaOptions& kafka, const std::string& group);

/// rd_kafka_new. Takes the settings in every case.
[[nodiscard]] Result<KafkaHandle> open_client(rd_kafka_type_t type, KafkaConf settings);

/// Room for the headers that a dead-letter copy adds to a record of the largest size.
inline constexpr std::size_t kHeaderRoom = 48U * 1024U;

} // namespace streaming::detail
