#pragma once

#include <initializer_list>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streaming {

/// Reads the `custom_params` of a source. What is wrong throws std::invalid_argument with one sentence that names the
/// parameter, what is there and what is allowed; SourceTypes::make turns that into its error. Views into the
/// parameters, which must outlive it.
class CustomParams {
public:
    using Map = std::map<std::string, nlohmann::json>;

    explicit CustomParams(const Map& params) : params_(params) {}
    /// Of a section of them: `section` stands in front of names in what is said, such as "session.".
    CustomParams(const Map& params, std::string_view section) : params_(params), section_(section) {}

    /// Refuses parameters that are none of these: a misspelt one would be ignored quietly.
    void only(std::initializer_list<std::vector<std::string_view>> known) const;

    [[nodiscard]] bool has(const std::string& name) const;                    ///< there, and not null
    [[nodiscard]] const nlohmann::json& value(const std::string& name) const; ///< null when absent
    [[nodiscard]] std::string text(const std::string& name, std::string fallback = {}) const;
    /// A list of texts, or one of them; empty when absent.
    [[nodiscard]] std::vector<std::string> texts(const std::string& name) const;
    [[nodiscard]] long whole_number(const std::string& name, long fallback, long least, long most) const;
    /// Names and values of a section of texts; the values are never shown.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> secret_texts(const std::string& name) const;
    /// The same as `text`, or the environment's `variable` when absent; never shown. Throws when neither is there.
    [[nodiscard]] std::string secret(const std::string& name, const char* variable) const;

    [[noreturn]] void refuse(const std::string& name, std::string_view allowed) const;
    /// For values that may hold secrets.
    [[noreturn]] static void refuse_unseen(std::string_view name, std::string_view what);

private:
    const Map& params_;
    std::string_view section_{};
};

} // namespace streaming
