#include "core/streaming/reliability/correlation.hpp"

#include <algorithm>
#include <cstdint>
#include <random>

namespace streaming {

namespace {

// "00-" trace id (32) "-" span id (16) "-" flags (2)
constexpr std::size_t kTraceparentLength = 55;
constexpr std::size_t kTraceIdAt = 3;
constexpr std::size_t kTraceIdLength = 32;
constexpr std::size_t kSpanIdAt = 36;
constexpr std::size_t kSpanIdLength = 16;
constexpr std::size_t kFlagsAt = 53;

thread_local std::string_view current_correlation_id;

bool is_lower_hex(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) noexcept {
    return is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

void append_random_id(std::string& into, std::size_t hex_digits) {
    thread_local std::mt19937_64 random{(std::uint64_t{std::random_device{}()} << 32U) ^ std::random_device{}()};
    while (hex_digits >= 16) {
        std::uint64_t bits = random() | 1U; // all zeros would be no id
        for (int shift = 60; shift >= 0; shift -= 4) {
            into += "0123456789abcdef"[(bits >> static_cast<unsigned>(shift)) & 0xFU];
        }
        hex_digits -= 16;
    }
}

} // namespace

CorrelationScope::CorrelationScope(std::string_view correlation_id) noexcept : previous_(current_correlation_id) {
    current_correlation_id = correlation_id;
}

CorrelationScope::~CorrelationScope() { current_correlation_id = previous_; }

std::string_view CorrelationScope::current() noexcept { return current_correlation_id; }

bool is_valid_traceparent(std::string_view text) noexcept {
    return text.size() == kTraceparentLength && text.starts_with("00-") && text[kSpanIdAt - 1] == '-' &&
           text[kFlagsAt - 1] == '-' && is_id(text.substr(kTraceIdAt, kTraceIdLength)) &&
           is_id(text.substr(kSpanIdAt, kSpanIdLength)) && is_lower_hex(text.substr(kFlagsAt));
}

std::string continue_trace(std::string_view incoming) {
    const bool valid = is_valid_traceparent(incoming);
    std::string trace("00-");
    trace.reserve(kTraceparentLength);
    if (valid) {
        trace += incoming.substr(kTraceIdAt, kTraceIdLength);
    } else {
        append_random_id(trace, kTraceIdLength);
    }
    trace += '-';
    append_random_id(trace, kSpanIdLength);
    trace += '-';
    trace += valid ? incoming.substr(kFlagsAt) : std::string_view("00"); // nobody recorded a trace that begins here
    return trace;
}

} // namespace streaming
