#include "services/flags.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace services {

void refuse_flag(const std::string& flag, const std::string& value, const std::string& allowed) {
    throw streaming::ConfigError({"flag --" + flag + ": '" + value + "' must be " + allowed});
}

long whole_number(const streaming::Settings& settings, const std::string& flag, long least, long most) {
    return whole_number(settings.flag(flag), flag, least, most);
}

long whole_number(const std::string& text, const std::string& flag, long least, long most) {
    long number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size() || number < least || number > most) {
        refuse_flag(flag, text, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return number;
}

std::vector<std::string> list_or_none(const streaming::Settings& settings, const std::string& flag) {
    std::vector<std::string> entries;
    std::istringstream text(settings.flag(flag));
    for (std::string entry; std::getline(text, entry, ',');) {
        std::erase(entry, ' ');
        if (!entry.empty()) {
            entries.push_back(std::move(entry));
        }
    }
    return entries;
}

std::vector<std::string> list(const streaming::Settings& settings, const std::string& flag) {
    auto entries = list_or_none(settings, flag);
    if (entries.empty()) {
        refuse_flag(flag, settings.flag(flag), "one or more names, with commas between them");
    }
    return entries;
}

std::string base_url(const streaming::Settings& settings, const std::string& flag) {
    std::string url = settings.flag(flag);
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
        refuse_flag(flag, url, "a URL that starts with http:// or https://");
    }
    while (url.ends_with('/')) {
        url.pop_back();
    }
    return url;
}

std::map<std::string, std::string> defaults(const std::vector<streaming::ServiceFlag>& flags) {
    std::map<std::string, std::string> values;
    for (const streaming::ServiceFlag& flag : flags) {
        values[flag.name] = flag.fallback;
    }
    return values;
}

} // namespace services
