#include "core/streaming/ingestion/time_gate.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <string>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming {

TimeGate TimeGate::of(const CustomParams& params) {
    constexpr long kCentury = 3'153'600'000;
    constexpr long kHour = 3600;
    return {.max_ahead = std::chrono::seconds(params.whole_number("max_ahead_seconds", kHour, 0, kCentury))};
}

void TimeGate::check(std::string_view member, Time happened, Time now) const {
    if (!lets_through(happened, now)) {
        std::string text;
        append_rfc3339(text, happened);
        throw std::invalid_argument(reason(member, text));
    }
}

std::string TimeGate::reason(std::string_view member, std::string_view happened) const {
    return fmt::format("{}: {} is more than {} s from now (max_ahead_seconds)", member, happened, max_ahead.count());
}

} // namespace streaming
