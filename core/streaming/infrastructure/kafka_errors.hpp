#pragma once

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming::detail {

/// librdkafka's error as ours. `subject` says what failed ("topic orders"); `detail` is librdkafka's own sentence,
/// where there is one better than the name of the code.
[[nodiscard]] Error kafka_error(rd_kafka_resp_err_t code, std::string_view subject, std::string_view detail = {});

/// Why a record of a delivery report was not acknowledged. What may have reached the log is `unknown_outcome`.
[[nodiscard]] Error delivery_error(const rd_kafka_message_t& report);

/// The same of a client that came to its end and was replaced: it does not go on with what it had on its way.
[[nodiscard]] Error delivery_error_of_ended(const rd_kafka_message_t& report);

} // namespace streaming::detail
