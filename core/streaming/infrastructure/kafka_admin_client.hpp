#pragma once

#include <mutex>
#include <string>

#include "core/streaming/infrastructure/kafka_handles.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming::detail {

/// A client that only asks questions, opened on first use. Thread-safe.
class KafkaAdminClient {
public:
    KafkaAdminClient(KafkaOptions kafka, std::string purpose)
        : kafka_(std::move(kafka)), purpose_(std::move(purpose)) {}

    [[nodiscard]] Result<rd_kafka_t*> get(); ///< lent until this is destroyed

private:
    KafkaOptions kafka_;
    std::string purpose_;
    std::mutex client_mutex_{};
    KafkaHandle client_{};
};

} // namespace streaming::detail
