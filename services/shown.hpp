#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace services {

/// Bytes of a value that a message shows: more of it would bury the message.
inline constexpr std::size_t kMostShown = 100;

/// A text for a message, in quotes: 'north'. Control characters are \x00, bytes that are no UTF-8 the replacement
/// character; of a long text there are its first bytes and how many it has.
[[nodiscard]] std::string shown(std::string_view text);

/// The same of any value: a text as above, anything else as JSON.
[[nodiscard]] std::string shown_json(const nlohmann::json& value);

} // namespace services
