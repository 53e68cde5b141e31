#include "core/streaming/patterns/config_visitor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstdint>

namespace streaming::detail {

namespace {

/// 30 rather than 30.0, as people write it.
nlohmann::json plain_number(double value) {
    const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
    return whole ? nlohmann::json(static_cast<std::int64_t>(value)) : nlohmann::json(value);
}

std::string range_words(const ConfigKey& key) {
    if (key.least && key.most) {
        return fmt::format("from {} to {}", *key.least, *key.most);
    }
    if (key.least || key.most) {
        return key.least ? fmt::format("of at least {}", *key.least) : fmt::format("of at most {}", *key.most);
    }
    return {};
}

std::string with_range(const ConfigKey& key, std::string words) {
    if (!key.unit.empty()) {
        words += fmt::format(" ({})", key.unit);
    }
    const std::string range = range_words(key);
    return range.empty() ? words : words + " " + range;
}

} // namespace

void ConfigVisitor::text(ConfigKey key, std::string& text) {
    key.type = ConfigType::text;
    value(key, {[&text] { return nlohmann::json(text); },
                [&text](const nlohmann::json& given) { text = given.get<std::string>(); }});
}

void ConfigVisitor::flag(ConfigKey key, bool& flag) {
    key.type = ConfigType::flag;
    value(key, {[&flag] { return nlohmann::json(flag); },
                [&flag](const nlohmann::json& given) { flag = given.get<bool>(); }});
}

void ConfigVisitor::number(ConfigKey key, double& number) {
    key.type = ConfigType::number;
    value(key, {[&number] { return nlohmann::json(number); },
                [&number](const nlohmann::json& given) { number = given.get<double>(); }});
}

void ConfigVisitor::texts(ConfigKey key, std::vector<std::string>& texts) {
    key.type = ConfigType::texts;
    value(key, {[&texts] { return nlohmann::json(texts); },
                [&texts](const nlohmann::json& given) { texts = given.get<std::vector<std::string>>(); }});
}

void ConfigVisitor::seconds(ConfigKey key, std::chrono::milliseconds& duration) {
    key.type = ConfigType::number;
    key.unit = "s";
    value(key, {[&duration] { return plain_number(static_cast<double>(duration.count()) / 1000.0); },
                [&duration](const nlohmann::json& given) {
                    duration = std::chrono::milliseconds(std::llround(given.get<double>() * 1000.0));
                }});
}

void ConfigVisitor::seconds(ConfigKey key, std::optional<std::chrono::milliseconds>& duration) {
    key.type = ConfigType::number;
    key.unit = "s";
    value(key, {[&duration] {
                    return duration ? plain_number(static_cast<double>(duration->count()) / 1000.0) : nlohmann::json();
                },
                [&duration](const nlohmann::json& given) {
                    duration = std::chrono::milliseconds(std::llround(given.get<double>() * 1000.0));
                }});
}

void ConfigVisitor::seconds(ConfigKey key, std::chrono::seconds& duration) {
    key.type = ConfigType::whole;
    key.unit = "s";
    value(key,
          {[&duration] { return duration.count() < 0 ? nlohmann::json() : nlohmann::json(duration.count()); },
           [&duration](const nlohmann::json& given) { duration = std::chrono::seconds(given.get<std::int64_t>()); }});
}

void ConfigVisitor::milliseconds(ConfigKey key, std::chrono::milliseconds& duration) {
    key.type = ConfigType::whole;
    key.unit = "ms";
    value(key, {[&duration] { return nlohmann::json(duration.count()); },
                [&duration](const nlohmann::json& given) {
                    duration = std::chrono::milliseconds(given.get<std::int64_t>());
                }});
}

void ConfigVisitor::params(ConfigKey key, std::map<std::string, nlohmann::json>& params) {
    key.type = ConfigType::params;
    value(key,
          {[&params] { return nlohmann::json(params); },
           [&params](const nlohmann::json& given) { params = given.get<std::map<std::string, nlohmann::json>>(); }});
}

void ConfigVisitor::section(ConfigKey key, const Inside& inside) {
    key.type = ConfigType::section;
    visit_section(key, true, inside);
}

void ConfigVisitor::named_texts(ConfigKey key, std::map<std::string, std::string>& values) {
    key.type = ConfigType::named_texts;
    visit_named_texts(key, values);
}

std::string allowed_words(const ConfigKey& key) {
    switch (key.type) {
        case ConfigType::flag:
            return "true or false";
        case ConfigType::whole:
            return with_range(key, "a whole number");
        case ConfigType::number:
            return with_range(key, "a number");
        case ConfigType::choice:
            return fmt::format("one of {}", fmt::join(key.choices, ", "));
        case ConfigType::texts:
            return "a list of texts, such as [a, b]";
        case ConfigType::params:
            return "a map of parameters";
        case ConfigType::section:
            return "a map of keys";
        case ConfigType::named:
        case ConfigType::named_texts:
            return fmt::format("a map with a {} each", key.placeholder);
        case ConfigType::listed:
            return "a list of maps";
        case ConfigType::text:
            break;
    }
    return key.allowed.empty() ? "text" : key.allowed;
}

std::string join_path(std::string_view section, std::string_view key) {
    return section.empty() ? std::string(key) : fmt::format("{}.{}", section, key);
}

} // namespace streaming::detail
