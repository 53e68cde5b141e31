#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// What an answer of an API is worth. A status alone does not tell: keys are refused and budgets end with 200 too.
enum class AnswerClass : std::uint8_t {
    ok,     ///< has what was asked for
    empty,  ///< in order, and there is nothing (new) in it
    retry,  ///< a failure that passes: the same request may succeed later
    quota,  ///< asked too often
    auth,   ///< the key or login is wrong: it does not help to ask again
    config, ///< the request itself is wrong: it does not help to ask again
    schema  ///< an answer of success that is not built as expected
};
inline constexpr std::size_t kAnswerClasses = 7;

[[nodiscard]] std::string_view to_string(AnswerClass answer) noexcept;

enum class ExpectedContent : std::uint8_t {
    any,
    records, ///< of any form; neither nothing nor a page of HTML
    csv,     ///< UTF-8, the first line names the columns
    json     ///< UTF-8
};

/// A text by which an API says something, whatever the status. It counts where a body begins with it, and anywhere in a
/// body of 1 KiB at most: the text of a long answer is data.
struct AnswerMarker {
    std::string text{};
    AnswerClass answer = AnswerClass::retry;
};

/// Those of the APIs that are known (NASA FIRMS, PurpleAir).
[[nodiscard]] std::vector<AnswerMarker> known_markers();

/// What is special about the answers of one API. A connector declares it.
struct AnswerRules {
    ExpectedContent content = ExpectedContent::any;
    std::vector<std::string> columns{}; ///< csv: the first line has all of them, in any order
    std::string member{};               ///< json: the array at the top that holds the records; empty = any document
    std::vector<AnswerMarker> markers = known_markers();
    /// Of 404: it may be there later, as the file of a day that has not begun; or the request can never be answered.
    AnswerClass not_found = AnswerClass::retry;
};

struct Classified {
    AnswerClass answer = AnswerClass::ok;
    std::string reason{}; ///< for people; holds nothing of the body but an error's type and correlation id

    [[nodiscard]] bool good() const noexcept { return answer == AnswerClass::ok || answer == AnswerClass::empty; }
};

/// By status, content type and content. Linear in the body; with ExpectedContent::any only the head of it is read.
[[nodiscard]] Classified classify(const HttpResponse& answer, const AnswerRules& rules);

/// For `classified` that is not good: unavailable (retry) and rate_limited (quota) may succeed later; not_authorized
/// (auth), invalid_argument (config) and malformed (schema) may not.
[[nodiscard]] Error error_of(const Classified& classified, std::string_view host);

/// Whether an answer says that it was asked too often, in words that are known: `markers`, whatever the status.
[[nodiscard]] bool says(const HttpResponse& answer, const AnswerMarker& marker);
/// A page for people where an API would have answered otherwise: of a CDN, a proxy, or a broken server.
[[nodiscard]] bool is_html(const HttpResponse& answer);

} // namespace streaming
