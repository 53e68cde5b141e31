#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace streaming::detail {

/// One value of a configuration as it was written, and where it stands. Holds no meaning: "5" is text here.
struct ConfigNode {
    enum class Kind { null, text, list, map };
    Kind kind = Kind::null;
    std::string text{};
    bool quoted = false;
    std::string written{}; ///< the text before ${VARIABLES} were replaced; empty when there were none
    bool reported = false; ///< it is wrong and that was said: nothing more is made of it
    std::string where{};   ///< file:line:column, or the environment variable
    std::string name{};    ///< its key, inside a map
    std::string name_where{};
    std::vector<ConfigNode> children{}; ///< of lists and maps, in order

    [[nodiscard]] const ConfigNode* find(std::string_view key) const noexcept;
    [[nodiscard]] ConfigNode* find(std::string_view key) noexcept;
};

/// What stands there, for an error text: "'abc'", "a list". Never a secret: not what a key named like one holds, not
/// the login of a URL, not the content of a variable.
[[nodiscard]] std::string shown(const ConfigNode& node, std::string_view path);

/// Whether a key is named like something that must never be printed: password, secret, token, api_key, ...
[[nodiscard]] bool is_secret_key(std::string_view path);

/// The text with ***** for the login of each URL in it.
[[nodiscard]] std::string without_logins(std::string text);

/// Puts `over` on top: maps are merged key by key, everything else is replaced. Null changes nothing. Kinds that do
/// not fit are a problem and change nothing.
void merge(ConfigNode& into, ConfigNode over, const std::string& path, std::vector<std::string>& problems);

/// Values without a description: texts in quotes stay texts, plain ones are read as JSON would (true, 5, 1.5).
[[nodiscard]] nlohmann::json to_json(const ConfigNode& node);

} // namespace streaming::detail
