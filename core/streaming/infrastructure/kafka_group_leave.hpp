#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <string_view>

namespace streaming::detail {

/// Ends a consumer's part in its group, within about ten seconds: rd_kafka_consumer_close of 2.0.2 has several ways to
/// wait for ever. `let_go` is called, on this thread, with the partitions that are taken away meanwhile; it does not
/// answer the rebalance. `subject` is how the log begins. Once for a client; then only destroy it, without a close.
void leave_group(rd_kafka_t* client, const std::function<void(const rd_kafka_topic_partition_list_t&)>& let_go,
                 std::string_view subject);

} // namespace streaming::detail
