#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streaming::detail {

enum class ConfigType { text, flag, whole, number, choice, texts, params, section, named_texts, named, listed };

/// What there is to know about one key of a configuration. Defaults are not here: they are what the struct holds.
struct ConfigKey {
    std::string name{};
    std::string meaning{};         ///< one line
    std::string unit{};            ///< "s", "ms", "records", ...
    std::optional<double> least{}; ///< of numbers, both ends allowed
    std::optional<double> most{};
    std::string allowed{};                          ///< of texts, in words: "host:port"
    std::function<bool(const std::string&)> fits{}; ///< of texts; none = any
    std::string placeholder{};                      ///< of named ones: what a name is, "<topic>"
    bool closed = false;                            ///< of named texts: only names that are there already
    bool required = false;                          ///< said in the docs; `validate` of the struct refuses
    ConfigType type = ConfigType::text;             ///< filled in by ConfigVisitor, as is what follows
    std::vector<std::string> choices{};
};

/// Where one value lives, as JSON: text, true or false, number, list of texts; null = absent.
struct ConfigSlot {
    std::function<nlohmann::json()> get{};
    std::function<void(const nlohmann::json&)> set{};
};

/// Is led through the description of a configuration (config_description.hpp), key by key, with each key bound to the
/// member of the struct that holds it. Reading a file, writing an example, a schema or the table of the docs are
/// visitors, so that each key is described once. Used by one thread; the structs are lent for the visit.
class ConfigVisitor {
public:
    using Inside = std::function<void(ConfigVisitor&)>;
    struct NamedSections {
        std::function<std::vector<std::string>()> names{};
        std::function<void(ConfigVisitor&, const std::string& name)> visit{}; ///< makes it when it is not there
    };
    struct ListedSections {
        std::function<std::size_t()> size{};
        std::function<void()> clear{};
        std::function<void(ConfigVisitor&, std::size_t index)> visit{}; ///< makes it when it is the next
    };

    ConfigVisitor() = default;
    virtual ~ConfigVisitor() = default;
    ConfigVisitor(const ConfigVisitor&) = delete;
    ConfigVisitor& operator=(const ConfigVisitor&) = delete;

    void text(ConfigKey key, std::string& value);
    void flag(ConfigKey key, bool& value);
    void number(ConfigKey key, double& value);
    void texts(ConfigKey key, std::vector<std::string>& value);
    void seconds(ConfigKey key, std::chrono::milliseconds& value); ///< with fractions
    void seconds(ConfigKey key, std::optional<std::chrono::milliseconds>& value);
    void seconds(ConfigKey key, std::chrono::seconds& value); ///< whole; negative = absent
    void milliseconds(ConfigKey key, std::chrono::milliseconds& value);
    void params(ConfigKey key, std::map<std::string, nlohmann::json>& value);
    template <std::integral T>
    void whole(ConfigKey key, T& value) {
        key.type = ConfigType::whole;
        this->value(key, {[&value] { return nlohmann::json(value); },
                          [&value](const nlohmann::json& given) { value = given.get<T>(); }});
    }
    template <std::integral T>
    void whole(ConfigKey key, std::optional<T>& value) {
        key.type = ConfigType::whole;
        this->value(key, {[&value] { return value ? nlohmann::json(*value) : nlohmann::json(); },
                          [&value](const nlohmann::json& given) { value = given.get<T>(); }});
    }
    template <class Enum>
    void choice(ConfigKey key, Enum& value, std::vector<std::pair<std::string, Enum>> choices) {
        key.type = ConfigType::choice;
        for (const auto& [name, meant] : choices) {
            key.choices.push_back(name);
        }
        const auto name_of = [&value, choices] {
            const auto found =
                std::find_if(choices.begin(), choices.end(), [&](const auto& one) { return one.second == value; });
            return nlohmann::json(found == choices.end() ? "" : found->first);
        };
        this->value(key, {name_of, [&value, choices](const nlohmann::json& given) {
                              for (const auto& [name, meant] : choices) {
                                  value = given == nlohmann::json(name) ? meant : value;
                              }
                          }});
    }
    void section(ConfigKey key, const Inside& inside);
    template <class T>
    void section(ConfigKey key, std::optional<T>& value, void (*describe)(ConfigVisitor&, T&)) {
        key.type = ConfigType::section;
        visit_section(key, value.has_value(), [&value, describe](ConfigVisitor& visitor) {
            describe(visitor, value ? *value : value.emplace());
        });
    }
    template <class T>
    void named(ConfigKey key, std::map<std::string, T>& values,
               void (*describe)(ConfigVisitor&, T&, const std::string& name)) {
        key.type = ConfigType::named;
        const auto names = [&values] {
            std::vector<std::string> all;
            for (const auto& [name, value] : values) {
                all.push_back(name);
            }
            return all;
        };
        visit_named(key, {names, [&values, describe](ConfigVisitor& visitor, const std::string& name) {
                              describe(visitor, values[name], name);
                          }});
    }
    template <class T>
    void listed(ConfigKey key, std::vector<T>& values, void (*describe)(ConfigVisitor&, T&)) {
        key.type = ConfigType::listed;
        visit_listed(key, {[&values] { return values.size(); }, [&values] { values.clear(); },
                           [&values, describe](ConfigVisitor& visitor, std::size_t index) {
                               describe(visitor, index < values.size() ? values[index] : values.emplace_back());
                           }});
    }
    void named_texts(ConfigKey key, std::map<std::string, std::string>& values);

    /// A value of its own: every type that is not named below.
    virtual void value(const ConfigKey& key, const ConfigSlot& slot) = 0;
    virtual void visit_section(const ConfigKey& key, bool present, const Inside& inside) = 0;
    virtual void visit_named(const ConfigKey& key, const NamedSections& sections) = 0;
    virtual void visit_listed(const ConfigKey& key, const ListedSections& sections) = 0;
    virtual void visit_named_texts(const ConfigKey& key, std::map<std::string, std::string>& values) = 0;
};

/// What is allowed for a key, in words: "a whole number of s from 1 to 3600".
[[nodiscard]] std::string allowed_words(const ConfigKey& key);

/// "section.key", or "key" at the top.
[[nodiscard]] std::string join_path(std::string_view section, std::string_view key);

} // namespace streaming::detail
