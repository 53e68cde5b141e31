#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace streaming::detail {

/// JSON in whose place of each number that no parser of JSON reads stands `mark`, which is a number.
struct MarkedJson {
    std::string text{};
    std::string mark{};             ///< occurs in `text` in these places only
    std::vector<std::string> odd{}; ///< what stood there, in turn: `NaN`, `-Infinity`, `1e400`
};

/// NaN and the infinities, which writers of JSON make that are not strict (Python's `json.dumps`, Gson's lenient one),
/// and numbers beyond the largest double, which JSON allows and hardly a reader takes. `text` may be no JSON at all.
[[nodiscard]] MarkedJson mark_odd_numbers(std::string_view text);

} // namespace streaming::detail
