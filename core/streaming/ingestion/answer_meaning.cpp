#include "core/streaming/ingestion/answer_meaning.hpp"

#include <algorithm>
#include <vector>

namespace streaming::detail {

bool is_success(long status) { return (status >= 200 && status < 300) || status == 304; }

ApiFailure failure_of(long status) {
    if (status == 429) {
        return ApiFailure::refused;
    }
    if (status >= 400 && status < 500) {
        return ApiFailure::client_error;
    }
    return status >= 500 && status < 600 ? ApiFailure::server_error : ApiFailure::other;
}

ApiFailure failure_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::timed_out:
            return ApiFailure::timed_out;
        case ErrorCode::unavailable:
            return ApiFailure::unavailable;
        case ErrorCode::too_large:
            return ApiFailure::too_large;
        default:
            return ApiFailure::other;
    }
}

HostGate::Ending ending_of(const Result<HttpResponse>& answer, bool asked_for_pause) {
    if (!answer) {
        const ErrorCode code = answer.error().code;
        return code == ErrorCode::timed_out || code == ErrorCode::unavailable ? HostGate::Ending::failed
                                                                              : HostGate::Ending::unknown;
    }
    if (asked_for_pause) {
        return HostGate::Ending::unknown;
    }
    if (answer.value().status >= 500) {
        return HostGate::Ending::failed;
    }
    return is_refusal(answer.value()) ? HostGate::Ending::unknown : HostGate::Ending::answered;
}

bool is_refusal(const HttpResponse& answer) {
    return answer.status == 429 || answer.status == 503 || (answer.status == 403 && is_html(answer));
}

bool says_quota(const HttpResponse& answer) {
    static const std::vector<AnswerMarker> markers = known_markers();
    return std::ranges::any_of(markers, [&](const AnswerMarker& marker) {
        return marker.answer == AnswerClass::quota && says(answer, marker);
    });
}

std::chrono::nanoseconds lifetime_of(const Freshness& freshness, const ApiClientOptions& options) {
    if (options.cache_ttl.count() == 0 || !freshness.may_be_kept) {
        return std::chrono::nanoseconds(0);
    }
    return freshness.lifetime ? std::clamp(*freshness.lifetime, options.cache_min, options.cache_max)
                              : options.cache_ttl;
}

} // namespace streaming::detail
