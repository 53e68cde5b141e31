#include "core/streaming/ingestion/custom_params.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/streaming/ingestion/source_secrets.hpp"

namespace streaming {

namespace {

void note_secret(const std::string& name, std::string_view value) {
    if (name == "url") { // which may hold some
        detail::SecretsRead::note_url(value);
    } else {
        detail::SecretsRead::note(value);
    }
}

} // namespace

void CustomParams::only(std::initializer_list<std::vector<std::string_view>> known) const {
    std::vector<std::string_view> names;
    for (const auto& some : known) {
        names.insert(names.end(), some.begin(), some.end());
    }
    for (const auto& [name, value] : params_) {
        if (std::ranges::find(names, name) == names.end()) {
            refuse_unseen(fmt::format("{}{}", section_, name),
                          fmt::format("is not known here; there are {}", fmt::join(names, ", ")));
        }
    }
}

bool CustomParams::has(const std::string& name) const {
    const auto found = params_.find(name);
    return found != params_.end() && !found->second.is_null();
}

const nlohmann::json& CustomParams::value(const std::string& name) const {
    static const nlohmann::json nothing{};
    const auto found = params_.find(name);
    return found == params_.end() ? nothing : found->second;
}

std::string CustomParams::text(const std::string& name, std::string fallback) const {
    if (!has(name)) {
        return fallback;
    }
    const nlohmann::json& value = params_.at(name);
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
        refuse(name, "a text that is not empty");
    }
    return value.get<std::string>();
}

std::vector<std::string> CustomParams::texts(const std::string& name) const {
    if (!has(name)) {
        return {};
    }
    const nlohmann::json& value = params_.at(name);
    if (value.is_string()) {
        return {text(name)};
    }
    const auto is_text = [](const nlohmann::json& entry) {
        return entry.is_string() && !entry.get_ref<const std::string&>().empty();
    };
    if (!value.is_array() || value.empty() || !std::ranges::all_of(value, is_text)) {
        refuse(name, "a text, or a list of texts, none of them empty");
    }
    return value.get<std::vector<std::string>>();
}

long CustomParams::whole_number(const std::string& name, long fallback, long least, long most) const {
    if (!has(name)) {
        return fallback;
    }
    const nlohmann::json& value = params_.at(name);
    // A number above the signed ones is no integer of this type, and would come out negative.
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<unsigned long>() > 1UL << 62U) ||
        value.get<long>() < least || value.get<long>() > most) {
        refuse(name, fmt::format("a whole number from {} to {}", least, most));
    }
    return value.get<long>();
}

std::vector<std::pair<std::string, std::string>> CustomParams::secret_texts(const std::string& name) const {
    std::vector<std::pair<std::string, std::string>> all;
    if (!has(name)) {
        return all;
    }
    const nlohmann::json& section = params_.at(name);
    if (!section.is_object()) {
        refuse_unseen(name, "is not a section of names and texts");
    }
    for (const auto& [key, value] : section.items()) {
        if (!value.is_string()) {
            refuse_unseen(fmt::format("{}.{}", name, key), "is not a text");
        }
        all.emplace_back(key, value.get<std::string>());
        detail::SecretsRead::note_header(key, all.back().second);
    }
    return all;
}

std::string CustomParams::secret(const std::string& name, const char* variable) const {
    if (has(name)) {
        const nlohmann::json& value = params_.at(name);
        if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
            refuse_unseen(name, "is not a text");
        }
        note_secret(name, value.get_ref<const std::string&>());
        return value.get<std::string>();
    }
    const char* found = std::getenv(variable);
    if (found == nullptr || *found == '\0') {
        refuse_unseen(name, fmt::format("must be given, here or in the variable {}", variable));
    }
    note_secret(name, found);
    return found;
}

void CustomParams::refuse(const std::string& name, std::string_view allowed) const {
    const auto found = params_.find(name);
    const std::string shown = found == params_.end() ? "absent"
                              : found->second.is_string()
                                  ? "'" + found->second.get<std::string>() + "'"
                                  : found->second.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    throw std::invalid_argument(fmt::format("custom_params.{}{}: {} is not {}", section_, name, shown, allowed));
}

void CustomParams::refuse_unseen(std::string_view name, std::string_view what) {
    throw std::invalid_argument(fmt::format("custom_params.{}: {}", name, what));
}

} // namespace streaming
