#pragma once

#include <librdkafka/rdkafka.h>

namespace streaming::detail {

/// librdkafka's log callback: to the default spdlog logger, at the matching level. Called on librdkafka's own threads.
/// A broker that is away makes it talk every second from every thread, so that no more than kLinesPerWindow lines of
/// one process pass in a window; how many were left out is said in the next one. Lines of the property `debug` all
/// pass.
void log_from_kafka(const rd_kafka_t* client, int syslog_level, const char* facility, const char* text) noexcept;

inline constexpr unsigned kLinesPerWindow = 20;

} // namespace streaming::detail
