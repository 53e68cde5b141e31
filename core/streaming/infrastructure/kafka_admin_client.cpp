#include "core/streaming/infrastructure/kafka_admin_client.hpp"

#include "core/streaming/infrastructure/kafka_settings.hpp"

namespace streaming::detail {

Result<rd_kafka_t*> KafkaAdminClient::get() {
    const std::lock_guard lock(client_mutex_);
    if (!client_) {
        auto settings = admin_settings(kafka_, purpose_);
        if (!settings) {
            return settings.error();
        }
        // A consumer, as a producer that asks for an unknown topic makes the broker create it.
        auto client = open_client(RD_KAFKA_CONSUMER, std::move(settings).value());
        if (!client) {
            return client.error();
        }
        client_ = std::move(client).value();
    }
    return client_.get();
}

} // namespace streaming::detail
