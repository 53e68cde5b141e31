#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/record.hpp"
#include "core/streaming/reliability/context.hpp"
#include "core/streaming/reliability/output_buffer.hpp"

namespace streaming {

/// Why a record goes to the dead-letter topic.
struct DeadLetterReason {
    std::string_view error_class{};
    std::string_view text{}; ///< cut at 2 KB on a character boundary, invalid UTF-8 replaced
    std::string_view handler{};
    int attempts = 0;
    std::chrono::system_clock::time_point first_failure{};
    std::chrono::system_clock::time_point last_failure{};
    std::string_view correlation_id{};
};

enum class DeadLetterForm {
    full,   ///< key, payload and headers as they were, byte for byte, and ours
    pointer ///< for a record that does not fit: no payload, and key and headers only while they are small (16 KB each);
            ///< tributary-payload-bytes tells the size. The original stays in its topic
};

/// Makes the dead-letter copy of a record: topic `{topic}.{group}.dlq`, headers `tributary-...` as the contract lists
/// them, replaced and never appended. Thread-safe after construction; touches no connection: the copy goes out with the
/// outputs.
class DeadLetterQueue {
public:
    explicit DeadLetterQueue(const FlowIdentity& flow) : flow_(flow) {}
    void write(const ConsumedRecord& record, const DeadLetterReason& reason, DeadLetterForm form, OutputBuffer& into,
               DeliveryTicket& ticket) const;
    [[nodiscard]] std::string topic_for(std::string_view topic) const;

private:
    const FlowIdentity& flow_;
};

} // namespace streaming
