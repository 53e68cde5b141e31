#pragma once

#include <librdkafka/rdkafka.h>

#include <span>
#include <string_view>

#include "core/streaming/infrastructure/message_consumer.hpp"

namespace streaming::detail {

/// Commits these offsets. With CommitMode::wait it waits for the answer, 5 s at most: librdkafka's own waiting commit
/// stays for a whole session timeout when the coordinator is away. `subject` is how errors begin.
[[nodiscard]] Status commit_offsets(rd_kafka_t* client, std::span<const TopicOffset> offsets, CommitMode mode,
                                    std::string_view subject);

/// For rd_kafka_conf_set_offset_commit_cb: logs what became of commits nobody waited for.
void log_commit(rd_kafka_t* client, rd_kafka_resp_err_t failure, rd_kafka_topic_partition_list_t* offsets,
                void* opaque);

} // namespace streaming::detail
