#pragma once

#include <spdlog/fwd.h>
#include <memory>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/headers.hpp"

namespace streaming {

/// While one lives, log lines of this thread carry its correlation id. Nests. Borrows the text.
class CorrelationScope {
public:
    explicit CorrelationScope(std::string_view correlation_id) noexcept;
    ~CorrelationScope();
    CorrelationScope(const CorrelationScope&) = delete;
    CorrelationScope& operator=(const CorrelationScope&) = delete;

    /// Of the innermost scope of this thread; empty outside any.
    [[nodiscard]] static std::string_view current() noexcept;

private:
    std::string_view previous_;
};

/// W3C Trace Context: the `traceparent` to send on, for a record that came with `incoming`. A valid one (version 00, 55
/// characters, no all-zero ids) keeps its trace id and flags and gets a new span id; anything else starts a new trace.
[[nodiscard]] std::string continue_trace(std::string_view incoming);
[[nodiscard]] bool is_valid_traceparent(std::string_view text) noexcept;

enum class LogFormat { text, json };

/// A logger that writes one line an event to standard error, with time, level, service and the correlation id of the
/// thread; control characters are escaped, lines end at 4 KB. Thread-safe.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_service_logger(const std::string& service, LogFormat format);

} // namespace streaming
