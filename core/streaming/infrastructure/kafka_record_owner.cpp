#include "core/streaming/infrastructure/kafka_record_owner.hpp"

#include <algorithm>

namespace streaming::detail {
namespace {

std::optional<std::string_view> bytes(const void* data, std::size_t size) {
    if (data == nullptr) {
        return std::nullopt;
    }
    return std::string_view(static_cast<const char*>(data), size);
}

std::chrono::system_clock::time_point timestamp_of(const rd_kafka_message_t& message) {
    const std::int64_t stamp = rd_kafka_message_timestamp(&message, nullptr); // -1 = none
    return std::chrono::system_clock::time_point(std::chrono::milliseconds(std::max<std::int64_t>(stamp, 0)));
}

} // namespace

ConsumedRecord KafkaRecordOwner::view_of(rd_kafka_message_t& message) {
    return {
        .topic = name_of(message.rkt),
        .partition = message.partition,
        .offset = message.offset,
        .timestamp = timestamp_of(message),
        .key = bytes(message.key, message.key_len),
        .payload = bytes(message.payload, message.len),
        // librdkafka cannot tell without allocating and parsing: that is for those who want to know.
        .has_headers = true,
        .owner = this,
        .handle = &message,
    };
}

std::string_view KafkaRecordOwner::name_of(const rd_kafka_topic_t* topic) {
    if (topic != last_topic_) {
        last_topic_ = topic;
        last_name_ = *names_.emplace(rd_kafka_topic_name(topic)).first;
    }
    return last_name_;
}

void KafkaRecordOwner::release(void* handle) noexcept {
    rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(handle));
}

void KafkaRecordOwner::read_headers(const void* handle, Headers& into) const {
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(static_cast<const rd_kafka_message_t*>(handle), &headers) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
        const auto content = bytes(value, size);
        into.append(name, content ? std::optional(std::string(*content)) : std::nullopt);
    }
}

} // namespace streaming::detail
