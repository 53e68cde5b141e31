#include "core/streaming/infrastructure/kafka_fetch_waker.hpp"

#include "core/streaming/infrastructure/kafka_handles.hpp"

namespace streaming::detail {
namespace {

std::string property(const KafkaOptions& kafka, const std::string& name) {
    const auto found = kafka.properties.find(name);
    return found == kafka.properties.end() ? std::string{} : found->second;
}

} // namespace

KafkaFetchWaker::KafkaFetchWaker(rd_kafka_t* client, const KafkaOptions& kafka)
    : client_(client),
      needed_(rd_kafka_version() < kFirstVersionWithQueueBackoff),
      user_(property(kafka, "sasl.username")),
      password_(property(kafka, "sasl.password")) {}

void KafkaFetchWaker::behind() {
    const auto now = std::chrono::steady_clock::now();
    if (!needed_ || now < next_) {
        return;
    }
    next_ = now + std::chrono::milliseconds(10);
    const KafkaProblem ignored(rd_kafka_sasl_set_credentials(client_, user_.c_str(), password_.c_str()));
}

} // namespace streaming::detail
