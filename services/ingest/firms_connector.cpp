#include "services/ingest/firms_connector.hpp"

#include <fmt/format.h>
#include <utility>

#include "services/firms/table.hpp"
#include "services/ingest/http_failure.hpp"

namespace services::ingest {
namespace {

using streaming::Error;
using streaming::ErrorCode;
using streaming::Response;
using streaming::Result;

/// `DAY_RANGE/DATE` of whole days in UTC: the API knows no others, so there may be more than was asked for.
Result<std::string> days_of(const streaming::TimeWindow& window) {
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
    return fmt::format("{}/{:04}-{:02}-{:02}", count, static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

/// FIRMS refuses with any status, 200 as well: only a table is an answer.
Result<Response> checked(streaming::HttpResponse answer, std::string_view url) {
    std::string refusal;
    try {
        const firms::Table table(answer.body);
    } catch (const streaming::PermanentError& problem) {
        refusal = problem.what();
    }
    if (is_success(answer) && refusal.empty()) {
        return Response{.status = answer.status, .body = std::move(answer.body)};
    }
    Error failure = failure_of(answer, url, refusal);
    if (answer.body.find("MAP_KEY") != std::string::npos) {
        failure.code = ErrorCode::not_authorized;
        failure.retryable = false;
    } else if (answer.body.find("transaction limit") != std::string::npos) {
        failure.code = ErrorCode::unavailable; // the transactions come back within 10 minutes
        failure.retryable = true;
    }
    return failure;
}

} // namespace

Result<Response> FirmsConnector::fetch(const Request& request) {
    std::string url = options_.url;
    if (request.window) {
        auto days = days_of(*request.window);
        if (!days) {
            return days.error();
        }
        url = options_.past + days.value();
    }
    auto answer = request.http.get({.url = url, .timeout = options_.timeout}, request.stop);
    if (!answer) {
        return answer.error();
    }
    return checked(std::move(answer).value(), url);
}

} // namespace services::ingest
