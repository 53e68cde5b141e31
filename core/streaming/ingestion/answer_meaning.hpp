#pragma once

#include <chrono>

#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/ingestion/answer_headers.hpp"
#include "core/streaming/ingestion/api_client_counts.hpp"
#include "core/streaming/ingestion/api_client_options.hpp"
#include "core/streaming/ingestion/host_gate.hpp"

namespace streaming::detail {

// What an answer, or an Error, means for an ApiClient.

[[nodiscard]] bool is_success(long status); ///< 2xx, and 304
[[nodiscard]] ApiFailure failure_of(long status);
[[nodiscard]] ApiFailure failure_of(ErrorCode code);
/// The host wants to be asked less: 429, 503, or the page of a CDN that blocks (403).
[[nodiscard]] bool is_refusal(const HttpResponse& answer);
/// What it tells about the host. One that asks for a pause is neither well nor failing: the pause is enough.
[[nodiscard]] HostGate::Ending ending_of(const Result<HttpResponse>& answer, bool asked_for_pause);
/// Quotas are told in words; the status varies.
[[nodiscard]] bool says_quota(const HttpResponse& answer);
/// How long an answer needs no asking again.
[[nodiscard]] std::chrono::nanoseconds lifetime_of(const Freshness& freshness, const ApiClientOptions& options);

} // namespace streaming::detail
