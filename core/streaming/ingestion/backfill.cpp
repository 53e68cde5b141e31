#include "core/streaming/ingestion/backfill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming {

using namespace std::chrono_literals;

Result<Clock::system_time> parse_backfill_time(std::string_view text) {
    constexpr std::size_t kDateLength = 10;
    const auto time = parse_rfc3339(text.size() == kDateLength ? std::string(text) + "T00:00:00Z" : std::string(text));
    if (!time) {
        constexpr std::size_t kShown = 40;
        return Error{.code = ErrorCode::invalid_argument,
                     .message = fmt::format("'{}' is neither a date, such as 2026-01-31, nor a time, such as "
                                            "2026-01-31T00:00:00Z",
                                            text.substr(0, kShown))};
    }
    return Clock::system_time(std::chrono::floor<std::chrono::milliseconds>(time.value()));
}

Result<std::optional<Backfill::Options>> Backfill::of(const IngestionOptions& options) {
    if (options.backfill_from.empty()) {
        return std::optional<Options>{};
    }
    const auto from = parse_backfill_time(options.backfill_from);
    if (!from) {
        return from.error();
    }
    Options backfill{.from = from.value(), .window = options.backfill_window};
    if (!options.backfill_to.empty()) {
        const auto to = parse_backfill_time(options.backfill_to);
        if (!to) {
            return to.error();
        }
        backfill.to = to.value();
    }
    return std::optional(backfill);
}

Backfill::Backfill(const Options& options, const std::optional<BackfillProgress>& saved, Clock::system_time now)
    : window_(options.window),
      progress_{.from = options.from,
                .to = options.to.value_or(std::chrono::floor<std::chrono::milliseconds>(now)),
                .done_to = options.from},
      backoff_({.first = 10s, .longest = 5min}) {
    if (!saved || saved->from > options.from || saved->done_to < options.from) {
        return; // it tells nothing about the beginning
    }
    progress_.done_to = saved->done_to;
    if (!options.to) {
        progress_.to = saved->to;
    }
}

std::optional<TimeWindow> Backfill::next() const {
    if (progress_.done_to >= progress_.to) {
        return std::nullopt;
    }
    Clock::system_time end = progress_.done_to + window_;
    if (window_ % std::chrono::days(1) == 0s) { // wherever it begins: APIs by the day would give a day more
        end = std::chrono::floor<std::chrono::days>(end);
    }
    return TimeWindow{.from = progress_.done_to, .to = std::min(end, progress_.to)};
}

void Backfill::done(const TimeWindow& window) {
    progress_.done_to = std::max(progress_.done_to, window.to);
    backoff_.worked();
    due_ = Clock::steady_time::min();
}

} // namespace streaming
