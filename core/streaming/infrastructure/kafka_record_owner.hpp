#pragma once

#include <librdkafka/rdkafka.h>

#include <set>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/record.hpp"

namespace streaming::detail {

/// Turns messages of librdkafka into records without copying, and takes them back. `view_of` is for one thread, the
/// rest for any. Must outlive the records.
class KafkaRecordOwner final : public RecordOwner {
public:
    [[nodiscard]] ConsumedRecord view_of(rd_kafka_message_t& message);
    /// To be called when partitions go: the handle of a topic may be freed and its address used again.
    void forget_topics() noexcept { last_topic_ = nullptr; }

    void release(void* handle) noexcept override;
    void read_headers(const void* handle, Headers& into) const override;

private:
    [[nodiscard]] std::string_view name_of(const rd_kafka_topic_t* topic);

    std::set<std::string, std::less<>> names_{}; ///< what ConsumedRecord::topic points to
    const rd_kafka_topic_t* last_topic_ = nullptr;
    std::string_view last_name_{};
};

} // namespace streaming::detail
