#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace streaming::detail {

/// Says which part of `data` made `decode` fail with `reason`, as "data.price: type must be number, but is string". A
/// JSON library names the type it wanted and not the place, so the place is found by trial: `decode` is called with
/// changed copies of the data. Falls back to "data: reason" when that finds nothing, or when the data is too large to
/// try.
[[nodiscard]] std::string explain_mismatch(const nlohmann::json& data, std::string_view reason,
                                           const std::function<void(const nlohmann::json&)>& decode);

/// "[json.exception.type_error.302] type must be ..." without its first word.
[[nodiscard]] std::string without_library_prefix(std::string_view what);

} // namespace streaming::detail
