#include "core/streaming/patterns/config_schema.hpp"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "core/streaming/patterns/config_description.hpp"

namespace streaming::detail {

namespace {

using Json = nlohmann::ordered_json;

Json bound(double value) { return value == std::floor(value) ? Json(static_cast<std::int64_t>(value)) : Json(value); }

Json numeric(const char* type, const ConfigKey& key) {
    Json schema = {{"type", type}, {"minimum", bound(key.least.value_or(0))}};
    if (key.most) {
        schema["maximum"] = bound(*key.most);
    }
    return schema;
}

/// What is no text may also come out of a variable.
Json or_variable(Json schema) { return {{"anyOf", {std::move(schema), {{"$ref", "#/$defs/variable"}}}}}; }

Json scalar(const ConfigKey& key) {
    switch (key.type) {
        case ConfigType::flag:
            return or_variable({{"type", "boolean"}});
        case ConfigType::whole:
            return or_variable(numeric("integer", key));
        case ConfigType::number:
            return or_variable(numeric("number", key));
        case ConfigType::choice:
            return or_variable({{"enum", key.choices}});
        case ConfigType::texts:
            return {{"type", "array"}, {"items", {{"type", "string"}}}};
        case ConfigType::params:
            return {{"type", "object"}};
        default:
            return {{"type", "string"}};
    }
}

class SchemaWriter final : public ConfigVisitor {
public:
    [[nodiscard]] Json take() {
        return {{"type", {"object", "null"}}, {"properties", std::move(properties_)}, {"additionalProperties", false}};
    }

    void value(const ConfigKey& key, const ConfigSlot& slot) override {
        Json schema = scalar(key);
        if (const Json fallback = slot.get(); !fallback.is_null() && key.name != "source_id") {
            schema["default"] = fallback;
        }
        put(key, std::move(schema));
    }
    void visit_section(const ConfigKey& key, bool, const Inside& inside) override { put(key, schema_of(inside)); }
    void visit_named(const ConfigKey& key, const NamedSections& sections) override {
        put(key, {{"type", {"object", "null"}}, {"additionalProperties", schema_of([&](ConfigVisitor& visitor) {
                                                     sections.visit(visitor, key.placeholder);
                                                 })}});
    }
    void visit_listed(const ConfigKey& key, const ListedSections& sections) override {
        sections.clear();
        Json item = schema_of([&](ConfigVisitor& visitor) { sections.visit(visitor, 0); });
        item["type"] = "object";
        put(key, {{"type", "array"}, {"items", std::move(item)}});
    }
    void visit_named_texts(const ConfigKey& key, std::map<std::string, std::string>&) override {
        put(key, {{"type", {"object", "null"}}, {"additionalProperties", {{"type", {"string", "number", "boolean"}}}}});
    }

private:
    static Json schema_of(const Inside& inside) {
        SchemaWriter writer;
        inside(writer);
        return writer.take();
    }
    void put(const ConfigKey& key, Json schema) {
        Json described = {{"description", key.meaning + (key.unit.empty() ? "" : " (" + key.unit + ")")}};
        described.update(schema);
        properties_[key.name] = std::move(described);
    }

    Json properties_ = Json::object();
};

} // namespace

nlohmann::ordered_json config_schema() {
    Settings scratch;
    SchemaWriter writer;
    describe(writer, scratch);
    Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "Tributary configuration"}};
    Json root = writer.take();
    root["type"] = "object";
    schema.update(root);
    schema["$defs"]["variable"] = {{"type", "string"}, {"pattern", R"(\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\})"}};
    return schema;
}

} // namespace streaming::detail
