#include "core/streaming/patterns/config_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/streaming/patterns/config_description.hpp"
#include "core/streaming/patterns/config_node.hpp"

namespace streaming::detail {

namespace {

using Json = nlohmann::ordered_json;

/// A value that may hold secrets at any depth.
Json masked(const Json& value, const std::string& path) {
    if (value.is_object()) {
        Json result = Json::object();
        for (const auto& [name, inner] : value.items()) {
            result[name] = masked(inner, join_path(path, name));
        }
        return result;
    }
    if (value.is_array()) {
        Json result = Json::array();
        for (const auto& inner : value) {
            result.push_back(masked(inner, path));
        }
        return result;
    }
    if (is_secret_key(path)) {
        return "***";
    }
    return value.is_string() ? Json(without_logins(value.get<std::string>())) : value;
}

class JsonWriter final : public ConfigVisitor {
public:
    JsonWriter(Json& into, std::string path, Secrets secrets)
        : into_(into), path_(std::move(path)), secrets_(secrets) {}

    void value(const ConfigKey& key, const ConfigSlot& slot) override {
        if (Json value = slot.get(); !value.is_null()) {
            put(key.name, std::move(value));
        }
    }
    void visit_section(const ConfigKey& key, bool present, const Inside& inside) override {
        if (present) {
            write_inside(into_[key.name] = Json::object(), key.name, inside);
        }
    }
    void visit_named(const ConfigKey& key, const NamedSections& sections) override {
        Json& all = into_[key.name] = Json::object();
        for (const std::string& name : sections.names()) {
            write_inside(all[name] = Json::object(), join_path(key.name, name),
                         [&](ConfigVisitor& visitor) { sections.visit(visitor, name); });
        }
    }
    void visit_listed(const ConfigKey& key, const ListedSections& sections) override {
        Json& all = into_[key.name] = Json::array();
        for (std::size_t i = 0; i < sections.size(); ++i) {
            all.push_back(Json::object());
            write_inside(all.back(), key.name, [&](ConfigVisitor& visitor) { sections.visit(visitor, i); });
        }
    }
    void visit_named_texts(const ConfigKey& key, std::map<std::string, std::string>& values) override {
        Json all = Json::object();
        for (const auto& [name, value] : values) {
            all[name] = value;
        }
        put(key.name, std::move(all));
    }

private:
    void put(const std::string& name, Json value) {
        into_[name] = secrets_ == Secrets::masked ? masked(value, join_path(path_, name)) : std::move(value);
    }
    void write_inside(Json& into, const std::string& path, const Inside& inside) {
        JsonWriter writer(into, join_path(path_, path), secrets_);
        inside(writer);
    }

    Json& into_;
    std::string path_;
    Secrets secrets_;
};

void compare(const std::string& path, const Json& before, const Json& after, std::vector<std::string>& changes) {
    if (before == after) {
        return;
    }
    if (!before.is_object() || !after.is_object()) {
        const auto text = [&path](const Json& value) {
            return value.is_null() ? "absent" : masked(value, path).dump();
        };
        changes.push_back(fmt::format("{}: {} -> {}", path, text(before), text(after)));
        return;
    }
    for (const auto& [name, value] : before.items()) {
        const auto there = after.find(name);
        compare(join_path(path, name), value, there == after.end() ? Json() : *there, changes);
    }
    for (const auto& [name, value] : after.items()) {
        if (!before.contains(name)) {
            compare(join_path(path, name), Json(), value, changes);
        }
    }
}

} // namespace

nlohmann::ordered_json config_json(const Settings& settings, Secrets secrets) {
    Json result = Json::object();
    Settings copy = settings; // a visitor may write: this one does not
    JsonWriter writer(result, "", secrets);
    describe(writer, copy);
    return result;
}

std::vector<std::string> config_changes(const nlohmann::ordered_json& before, const nlohmann::ordered_json& after) {
    std::vector<std::string> changes;
    compare("", before, after, changes);
    return changes;
}

nlohmann::ordered_json without_defaults(const nlohmann::ordered_json& document,
                                        const nlohmann::ordered_json& defaults) {
    Json result = Json::object();
    for (const auto& [name, value] : document.items()) {
        const auto fallback = defaults.find(name);
        if (fallback == defaults.end()) { // NOLINT(bugprone-branch-clone): no default is not another default
            result[name] = value;
        } else if (value.is_object() && fallback->is_object()) {
            if (Json inner = without_defaults(value, *fallback); !inner.empty()) {
                result[name] = std::move(inner);
            }
        } else if (value != *fallback) {
            result[name] = value;
        }
    }
    return result;
}

} // namespace streaming::detail
