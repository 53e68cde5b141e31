#include "services/ingest/firms_connector.hpp"

#include <fmt/format.h>
#include <utility>

#include "services/firms/table.hpp"

namespace services::ingest {
namespace {

using streaming::Error;
using streaming::ErrorCode;
using streaming::Response;
using streaming::Result;

struct Days {
    long count = 0;
    std::string text{}; ///< DAY_RANGE/DATE
};

/// Whole days in UTC: the API knows no others, so there may be more than was asked for.
Result<Days> days_of(const streaming::TimeWindow& window) {
    using std::chrono::days;
    using std::chrono::floor;
    const auto first = floor<days>(window.from);
    const auto last = floor<days>(window.to - std::chrono::milliseconds(1));
    const long count = (last - first).count() + 1;
    if (count < 1 || count > FirmsConnector::kMostDays) {
        return Error{
            .code = ErrorCode::invalid_argument,
            .message = fmt::format("a window over {} days is not within 1 and {}", count, FirmsConnector::kMostDays)};
    }
    const std::chrono::year_month_day date(first);
    return Days{.count = count,
                .text = fmt::format("{}/{:04}-{:02}-{:02}", count, static_cast<int>(date.year()),
                                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()))};
}

} // namespace

FirmsConnector::FirmsConnector(Options options)
    : api_({.base_url = std::move(options.base),
            .auth = {.kind = streaming::ApiAuth::Kind::path, .secret = std::move(options.map_key)},
            .rules = {.content = streaming::ExpectedContent::csv},
            .timeout = options.timeout}),
      new_{.path = std::move(options.path), .cost = options.days},
      past_(std::move(options.past)) {}

Result<Response> FirmsConnector::fetch(const Request& request) {
    auto get = new_;
    if (request.window) {
        const auto days = days_of(*request.window);
        if (!days) {
            return days.error();
        }
        get = {.path = past_ + days.value().text, .cost = static_cast<std::size_t>(days.value().count)};
    }
    auto answer = api_.get(request, get);
    if (answer && answer.value().status != Response::kNothing) {
        try {
            const firms::Table table(answer.value().body);
        } catch (const streaming::PermanentError& problem) {
            return Error{.code = ErrorCode::malformed, .message = problem.what()};
        }
    }
    return answer;
}

} // namespace services::ingest
