#include "services/weather/members.hpp"

#include <fmt/format.h>
#include <stdexcept>

#include "services/shown.hpp"
#include "services/weather/geojson.hpp"
#include "services/weather/plausible.hpp"

namespace services::weather {

using nlohmann::json;

Members::Members(const json& object, std::string_view name, std::string path)
    : object_(object), path_(std::move(path)) {
    if (!object.is_object()) {
        throw std::invalid_argument(fmt::format("{}: {} is not an object", name, shown_json(object)));
    }
}

const json& Members::at(std::string_view name) const {
    static const json kNull;
    const auto found = object_.find(name);
    return found == object_.end() ? kNull : *found;
}

void Members::refuse(std::string_view name, std::string_view allowed) const {
    throw std::invalid_argument(has(name)
                                    ? fmt::format("{}{}: {} is not {}", path_, name, shown_json(at(name)), allowed)
                                    : fmt::format("{}{}: must be given: {}", path_, name, allowed));
}

std::string Members::text(std::string_view name, std::string_view such_as) const {
    const json& value = at(name);
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
        refuse(name, fmt::format("a text such as {}", such_as));
    }
    return value.get<std::string>();
}

std::string Members::text_or_none(std::string_view name) const {
    const json& value = at(name);
    if (!value.is_null() && !value.is_string()) {
        refuse(name, "a text, or null");
    }
    return value.is_null() ? "" : value.get<std::string>();
}

std::vector<std::string> Members::texts(std::string_view name) const {
    const json& list = at(name);
    std::vector<std::string> texts;
    if (!list.is_null() && !list.is_array()) {
        refuse(name, "a list of texts");
    }
    for (const json& text : list) {
        if (!text.is_string()) {
            refuse(name, "a list of texts");
        }
        texts.push_back(text.get<std::string>());
    }
    return texts;
}

std::string Members::time(std::string_view name) const {
    return utc(text(name, "2024-02-20T15:53:00Z"), path_ + std::string(name));
}

std::string Members::time_or_none(std::string_view name) const {
    const std::string text = text_or_none(name);
    return text.empty() ? "" : utc(text, path_ + std::string(name));
}

std::string Members::last_time_or_none(std::string_view name) const {
    const std::string text = text_or_none(name);
    return is_behind_last_time(text) ? std::string(kLastTime) : time_or_none(name);
}

Members Members::object(std::string_view name) const {
    if (!at(name).is_object()) {
        refuse(name, "an object");
    }
    return {at(name), name, fmt::format("{}{}.", path_, name)};
}

Members properties_of(const json& feature) {
    const Members members(feature, "feature");
    return {members.at("properties"), "properties"};
}

} // namespace services::weather
