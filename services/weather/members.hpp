#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace services::weather {

/// Reads an object of an answer, member by member. What is not as it should be is refused with a std::invalid_argument
/// that names the member, shows its value and says what is allowed. Borrows the object.
class Members {
public:
    /// `path` stands before the names of the members in messages, such as "parameters.".
    Members(const nlohmann::json& object, std::string_view name, std::string path = "");

    /// Null when it is absent.
    [[nodiscard]] const nlohmann::json& at(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }

    /// Must be given, and not be empty. `such_as`: one that is right.
    [[nodiscard]] std::string text(std::string_view name, std::string_view such_as) const;
    /// Empty when it is absent or null.
    [[nodiscard]] std::string text_or_none(std::string_view name) const;
    /// The texts of a list; none when it is absent or null.
    [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
    /// RFC 3339, UTC, milliseconds. Must be given.
    [[nodiscard]] std::string time(std::string_view name) const;
    [[nodiscard]] std::string time_or_none(std::string_view name) const;
    /// Of something that may last for ever: a time that is later than any that we have is our last one.
    [[nodiscard]] std::string last_time_or_none(std::string_view name) const;
    /// Must be given.
    [[nodiscard]] Members object(std::string_view name) const;

    [[noreturn]] void refuse(std::string_view name, std::string_view allowed) const;

private:
    const nlohmann::json& object_;
    std::string path_;
};

/// The properties of a GeoJSON feature.
[[nodiscard]] Members properties_of(const nlohmann::json& feature);

} // namespace services::weather
