#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming::detail {

/// What went wrong with a consumer and was not told yet. Used by the thread that polls. Borrows the client.
class KafkaConsumerFailures {
public:
    /// `subject` is how errors begin, `servers` what cannot be reached.
    KafkaConsumerFailures(rd_kafka_t* client, std::string subject, std::string servers);

    void on_client_error(rd_kafka_resp_err_t code, const char* reason); ///< from the error callback
    void on_message(const rd_kafka_message_t& failure);                 ///< a "record" that is an error
    void on_records() noexcept { unreachable_ = false; }

    /// Of a poll that brought nothing. A fatal error is told for ever, unreachable brokers and topics that do not exist
    /// while it is so, others once.
    [[nodiscard]] Status take();

private:
    [[nodiscard]] Error fatal_error() const;
    void keep(Error error);
    void probe();
    void look_for_missing();

    rd_kafka_t* client_;
    std::string subject_;
    std::string servers_;
    std::optional<Error> pending_{};
    std::optional<Error> fatal_{};
    std::set<std::string> missing_{}; ///< topics
    bool unreachable_ = false;
    std::chrono::steady_clock::time_point next_probe_{};
};

} // namespace streaming::detail
