#include "core/streaming/ingestion/api_client_options.hpp"

#include <fmt/format.h>

#include <string_view>

namespace streaming {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kWeek = std::chrono::hours(7 * 24);

struct Range {
    milliseconds least{};
    milliseconds most{};
};

void check(Problems& problems, std::string_view name, milliseconds value, Range allowed) {
    if (value < allowed.least || value > allowed.most) {
        problems.push_back(fmt::format("{}: {} ms is not allowed, {} to {} ms are", name, value.count(),
                                       allowed.least.count(), allowed.most.count()));
    }
}

void check_count(Problems& problems, std::string_view name, std::size_t value, std::size_t least, std::size_t most) {
    if (value < least || value > most) {
        problems.push_back(fmt::format("{}: {} is not allowed, {} to {} are", name, value, least, most));
    }
}

void check_number(Problems& problems, std::string_view name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
        problems.push_back(fmt::format("{}: {} is not allowed, {} to {} are", name, value, least, most));
    }
}

} // namespace

Problems ApiClientOptions::validate() const {
    Problems problems;
    check_count(problems, "rate_limit_per_minute", rate_limit_per_minute, 1, 1'000'000);
    check(problems, "timeout", timeout, {1ms, 1h});
    check(problems, "idle_timeout", idle_timeout, {1ms, 1h});
    check(problems, "cache_ttl", cache_ttl, {0ms, kWeek});
    check(problems, "cache_min", cache_min, {0ms, kWeek});
    check(problems, "cache_max", cache_max, {cache_min, kWeek});
    check(problems, "max_age", max_age, {0ms, kWeek * 52});
    check(problems, "max_retry_after", max_retry_after, {1s, kWeek});
    check(problems, "quota_pause", quota_pause, {0ms, kWeek});
    check(problems, "block_pause", block_pause, {0ms, 1h});
    check_count(problems, "host_concurrency", host_concurrency, 1, 1'000);
    check_count(problems, "retry.max_retries", retry.max_retries, 0, 10);
    check(problems, "retry.first_delay", retry.first_delay, {1ms, 1h});
    check(problems, "retry.max_delay", retry.max_delay, {retry.first_delay, 1h});
    check_number(problems, "retry.budget", retry.budget, 0, 1);
    check_count(problems, "breaker.failures", breaker.failures, 0, 1'000);
    check(problems, "breaker.open_for", breaker.open_for, {1ms, 1h});
    check_count(problems, "budget.limit", budget.limit, 1, 100'000'000);
    check(problems, "budget.window", budget.window, {1s, 24h});
    check_number(problems, "budget.weight", budget.weight, 0.001, 1'000);
    return problems;
}

} // namespace streaming
