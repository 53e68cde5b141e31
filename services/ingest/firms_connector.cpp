#include "services/ingest/firms_connector.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "services/firms/table.hpp"

namespace services::ingest {
namespace {

using streaming::Error;
using streaming::ErrorCode;
using streaming::Response;
using streaming::Result;

/// Of requests that can never be answered, as clients report them: they may come with status 200.
std::vector<streaming::AnswerMarker> markers() {
    std::vector<streaming::AnswerMarker> all = streaming::known_markers();
    for (const char* text : {"Invalid API call", "Invalid source", "Invalid area"}) {
        all.push_back({.text = text, .answer = streaming::AnswerClass::config});
    }
    return all;
}

/// Days of UTC, from `first` on.
struct Days {
    std::chrono::sys_days first{};
    long count = 0;
};

/// Whole days: the API knows no others, so there may be more than was asked for.
Result<Days> days_of(const streaming::TimeWindow& window) {
    using std::chrono::days;
    using std::chrono::floor;
    const auto first = floor<days>(window.from);
    const long count = (floor<days>(window.to - std::chrono::milliseconds(1)) - first).count() + 1;
    if (count < 1 || count > FirmsConnector::kMostWindow) {
        return Error{
            .code = ErrorCode::invalid_argument,
            .message = fmt::format("a window over {} days is not within 1 and {}", count, FirmsConnector::kMostWindow)};
    }
    return Days{.first = first, .count = count};
}

/// DAY_RANGE/DATE
std::string text_of(const Days& days) {
    const std::chrono::year_month_day date(days.first);
    return fmt::format("{}/{:04}-{:02}-{:02}", days.count, static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

/// Puts the rows of a table behind those of another one with the same header. False: it has none such.
bool append_rows(std::string& into, std::string_view table) {
    const auto header_of = [](std::string_view text) { return text.substr(0, text.find('\n')); };
    const auto trimmed = [](std::string_view line) { return line.substr(0, line.find_last_not_of('\r') + 1); };
    if (into.empty()) {
        into = table;
        return true;
    }
    const std::string_view header = header_of(table);
    if (trimmed(header) != trimmed(header_of(into))) {
        return false;
    }
    into += into.ends_with('\n') ? "" : "\n";
    into += table.substr(std::min(header.size() + 1, table.size()));
    return true;
}

} // namespace

FirmsConnector::FirmsConnector(Options options)
    : api_({.base_url = std::move(options.base),
            .auth = {.kind = streaming::ApiAuth::Kind::path, .secret = std::move(options.map_key)},
            .rules = {.content = streaming::ExpectedContent::csv, .markers = markers()},
            .timeout = options.timeout}),
      new_{.path = std::move(options.path), .cost = options.days * options.cost},
      past_(std::move(options.past)),
      cost_(options.cost) {}

Result<Response> FirmsConnector::fetch(const Request& request) {
    return request.window ? past(request) : table(request, new_);
}

/// A window that begins within a day, or that is due to a run that was missed, may touch more days than one call gives.
Result<Response> FirmsConnector::past(const Request& request) const {
    const auto days = days_of(*request.window);
    if (!days) {
        return days.error();
    }
    Response all{.status = Response::kNothing};
    for (long done = 0; done < days.value().count; done += kMostDays) {
        const Days part{.first = days.value().first + std::chrono::days(done),
                        .count = std::min(kMostDays, days.value().count - done)};
        auto answer =
            table(request, {.path = past_ + text_of(part), .cost = static_cast<std::size_t>(part.count) * cost_});
        if (!answer) {
            return answer;
        }
        if (answer.value().status == Response::kNothing) {
            continue;
        }
        if (!append_rows(all.body, answer.value().body)) {
            return Error{.code = ErrorCode::malformed,
                         .message = "the tables of one window have different columns",
                         .retryable = true};
        }
        all.status = answer.value().status;
        all.content_type = std::move(answer.value().content_type);
    }
    return all;
}

Result<Response> FirmsConnector::table(const Request& request, const streaming::ConnectorApiClient::Get& get) const {
    auto answer = api_.get(request, get);
    if (answer && answer.value().status != Response::kNothing) {
        try {
            const firms::Table readable(answer.value().body);
        } catch (const streaming::PermanentError& problem) {
            return Error{.code = ErrorCode::malformed, .message = problem.what()};
        }
    }
    return answer;
}

} // namespace services::ingest
