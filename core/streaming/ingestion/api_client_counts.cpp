#include "core/streaming/ingestion/api_client_counts.hpp"

#include <numeric>

namespace streaming {
namespace {

double share(std::uint64_t part, std::uint64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

} // namespace

std::string_view to_string(ApiFailure failure) noexcept {
    constexpr std::array<std::string_view, kApiFailures> kNames = {
        "rate_limit", "timed_out", "unavailable", "refused",      "client_error", "server_error",
        "too_large",  "other",     "paused",      "circuit_open", "budget"};
    return kNames[static_cast<std::size_t>(failure)];
}

std::uint64_t ApiClientCounts::failed() const noexcept {
    return std::accumulate(failures.begin(), failures.end(), std::uint64_t{0});
}

double ApiClientCounts::success_rate() const noexcept {
    const std::uint64_t ended = succeeded + failed();
    return ended == 0 ? 1.0 : share(succeeded, ended);
}

double ApiClientCounts::cache_hit_rate() const noexcept {
    return total_requests == 0 ? 0.0 : share(from_cache, total_requests);
}

} // namespace streaming
