#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

std::string_view to_string(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::unavailable:
            return "unavailable";
        case ErrorCode::timed_out:
            return "timed_out";
        case ErrorCode::unknown_outcome:
            return "unknown_outcome";
        case ErrorCode::interrupted:
            return "interrupted";
        case ErrorCode::rate_limited:
            return "rate_limited";
        case ErrorCode::not_found:
            return "not_found";
        case ErrorCode::already_exists:
            return "already_exists";
        case ErrorCode::invalid_argument:
            return "invalid_argument";
        case ErrorCode::too_large:
            return "too_large";
        case ErrorCode::not_authorized:
            return "not_authorized";
        case ErrorCode::assignment_lost:
            return "assignment_lost";
        case ErrorCode::fenced:
            return "fenced";
        case ErrorCode::malformed:
            return "malformed";
        case ErrorCode::stopped:
            return "stopped";
        case ErrorCode::fatal:
            return "fatal";
    }
    return "unknown";
}

} // namespace streaming
