#include "core/streaming/ingestion/answer_headers.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <string_view>

#include "core/streaming/ingestion/http_date.hpp"

namespace streaming {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLongest = std::chrono::hours(24 * 3650); // longer is as good as for ever, and cannot overflow

std::string_view trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\"");
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(" \t\"") + 1 - begin);
}

std::optional<milliseconds> seconds_in(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
        return std::nullopt;
    }
    std::int64_t value = 0;
    const bool fits = std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
    return fits ? std::min(seconds(value), kLongest) : kLongest;
}

struct CacheControl {
    bool no_store = false;
    bool no_cache = false;
    std::optional<milliseconds> max_age{};
    std::optional<milliseconds> shared_max_age{};

    void add(std::string_view directive) {
        const std::size_t equals = directive.find('=');
        std::string name(trim(directive.substr(0, equals)));
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view() : trim(directive.substr(equals + 1));
        if (name == "no-store") {
            no_store = true;
        } else if (name == "no-cache") {
            no_cache = true;
        } else if (name == "max-age") {
            max_age = seconds_in(value);
        } else if (name == "s-maxage") {
            shared_max_age = seconds_in(value);
        }
    }
};

CacheControl cache_control_of(const HttpResponse& answer) {
    CacheControl control;
    for (const auto& [name, value] : answer.headers) {
        std::string_view rest = name == "cache-control" ? std::string_view(value) : std::string_view();
        while (!rest.empty()) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            control.add(rest.substr(0, comma));
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return control;
}

std::optional<milliseconds> until_expiry(const HttpResponse& answer, Clock::system_time now) {
    const std::string expires = answer.header("expires");
    if (expires.empty()) {
        return std::nullopt;
    }
    const auto end = parse_http_date(expires, now);
    if (!end) { // "0" and the like: expired
        return milliseconds(0);
    }
    const auto begin = parse_http_date(answer.header("date"), now).value_or(now);
    return std::clamp(std::chrono::duration_cast<milliseconds>(*end - begin), milliseconds(0), milliseconds(kLongest));
}

} // namespace

Freshness freshness_of(const HttpResponse& answer, Clock::system_time now) {
    const CacheControl control = cache_control_of(answer);
    if (control.no_store) {
        return {.may_be_kept = false, .lifetime = milliseconds(0)};
    }
    if (control.no_cache) {
        return {.lifetime = milliseconds(0)};
    }
    if (const auto age = control.shared_max_age ? control.shared_max_age : control.max_age) {
        const milliseconds old = seconds_in(trim(answer.header("age"))).value_or(milliseconds(0));
        return {.lifetime = std::max(*age - old, milliseconds(0))};
    }
    return {.lifetime = until_expiry(answer, now)};
}

std::optional<milliseconds> retry_after_of(const HttpResponse& answer, Clock::system_time now) {
    const std::string header = answer.header("retry-after");
    const std::string_view text = trim(header);
    if (const auto wait = seconds_in(text)) {
        return wait;
    }
    const auto date = parse_http_date(text, now);
    if (!date) {
        return std::nullopt;
    }
    // Rounded up: by the server's clock the moment has come then.
    return std::clamp(std::chrono::ceil<milliseconds>(*date - now), milliseconds(0), milliseconds(kLongest));
}

} // namespace streaming
