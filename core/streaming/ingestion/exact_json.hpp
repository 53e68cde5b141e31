#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace streaming {

// JSON from outside, read so that nothing of it is lost: a number whose digits no double holds keeps them, a name that
// stands twice in one object keeps both values, and what no reader takes for a number (NaN, 1e400) spoils no more than
// its record. nlohmann::json has no such values; here they are `binary`, which no JSON text can
// make. So what was read here is written by `exact_text`, not by `dump`.

struct ExactJson {
    nlohmann::json value; ///< discarded when the text is no JSON
    bool flawed = false;  ///< somewhere in it: see flaw_of
};

/// Costs what json::parse costs. The caller looks at the depth, see nests_deeper_than.
[[nodiscard]] ExactJson read_exactly(std::string_view text);

/// What of `value` is not as JSON should be: a name that stands twice in one object, NaN, 1e400. Only where
/// `flawed` is true is it worth asking.
[[nodiscard]] std::optional<std::string> flaw_of(const nlohmann::json& value);
/// Whether this is what stands under such a name.
[[nodiscard]] bool stands_twice(const nlohmann::json& value) noexcept;

/// A number of JSON: as a double or whole number where that is exact, else its digits. The text must be one.
[[nodiscard]] nlohmann::json exact_number(std::string_view text);
/// The digits of a number that keeps them; empty for any other value.
[[nodiscard]] std::string_view kept_digits(const nlohmann::json& value) noexcept;
/// Whether it is a number, of whatever kind.
[[nodiscard]] bool is_any_number(const nlohmann::json& value) noexcept;
/// The number next to it, to compare with.
[[nodiscard]] double nearest_double(const nlohmann::json& number);

/// JSON in one form, whatever the order of members was; bytes that are no text are replaced.
[[nodiscard]] std::string exact_text(const nlohmann::json& value);

} // namespace streaming
