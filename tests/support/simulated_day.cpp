#include "tests/support/simulated_day.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace tests {

using namespace std::chrono_literals;
using streaming::Error;
using streaming::ErrorCode;
using streaming::HttpResponse;

SimulatedApi::Mood SimulatedApi::mood() {
    const auto roll = random_() % 1000;
    if (bad_in_a_row_ >= 3 || roll < 900) {
        return Mood::well;
    }
    return roll < 930   ? Mood::slow
           : roll < 950 ? Mood::error
           : roll < 970 ? Mood::refusal
           : roll < 985 ? Mood::dead
                        : Mood::silent;
}

streaming::Result<HttpResponse> SimulatedApi::get(const streaming::HttpRequest& request, std::stop_token /*stop*/) {
    ++requests_;
    impolite_ += clock_.now() < not_before_ ? 1 : 0;
    trace_.add(clock_.now(), name_, "request");
    const Mood now = mood();
    const bool good = now == Mood::well || now == Mood::slow;
    bad_in_a_row_ = good ? 0 : bad_in_a_row_ + 1;
    failures_ += good ? 0 : 1;
    clock_.pass(now == Mood::slow ? std::chrono::milliseconds(1'000 + random_() % 20'000)
                                  : std::chrono::milliseconds(10 + random_() % 400));
    switch (now) {
        case Mood::well:
        case Mood::slow:
            return answer();
        case Mood::error:
            return HttpResponse{.status = random_() % 2 == 0 ? 500 : 503, .body = "<html>out of order</html>"};
        case Mood::refusal: {
            ++refusals_;
            const auto seconds = static_cast<long>(5 + random_() % 86);
            not_before_ = clock_.now() + std::chrono::seconds(seconds);
            return HttpResponse{.status = 429, .headers = {{"retry-after", std::to_string(seconds)}}};
        }
        case Mood::dead:
            return Error{.code = ErrorCode::unavailable, .message = "connection refused", .retryable = true};
        case Mood::silent:
            clock_.pass(request.timeout);
            return Error{.code = ErrorCode::timed_out, .message = "no answer in time", .retryable = true};
    }
    return HttpResponse{};
}

HttpResponse SimulatedApi::answer() {
    const long end = clock_.now().time_since_epoch() / options_.period + 1;
    const long first = std::max(0L, end - kWindow);
    gap_ = gap_ || first > shown_end_;
    shown_ += static_cast<std::size_t>(end - std::max(first, shown_end_));
    shown_end_ = std::max(shown_end_, end);
    return {.status = 200, .body = body(first, end)};
}

std::string SimulatedApi::body(long first, long end) const {
    const bool firms = options_.type == "nasa_firms";
    const bool csv = options_.type == "http_csv";
    std::string text =
        firms ? "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,"
                "version,bright_ti5,frp,daynight"
        : csv ? "id,value"
              : "[";
    for (long record = first; record < end; ++record) {
        const long minutes = record * (options_.period / 1s) / 60 % 1440;
        text += firms ? fmt::format("\n{:.5f},{:.5f},300,1,1,2026-01-01,{},N,VIIRS,n,2.0NRT,290,1.5,D",
                                    static_cast<double>(record % 9000) / 100, static_cast<double>(record) / 1000,
                                    minutes / 60 * 100 + minutes % 60)
                : csv ? fmt::format("\n{},{}.5", record, record)
                      : fmt::format(R"({}{{"id":"{}","device_id":"{}","sequence":{}}})", record == first ? "" : ",",
                                    record, name_, record);
    }
    return text + (firms || csv ? "\n" : "]");
}

} // namespace tests
