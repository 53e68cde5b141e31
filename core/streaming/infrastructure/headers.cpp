#include "core/streaming/infrastructure/headers.hpp"

#include <algorithm>
#include <utility>

namespace streaming {

void Headers::append(std::string name, std::optional<std::string> value) {
    entries_.push_back({std::move(name), std::move(value)});
}

void Headers::set(std::string_view name, std::string value) {
    const auto first = std::ranges::find(entries_, name, &Entry::name);
    if (first == entries_.end()) {
        entries_.push_back({std::string(name), std::move(value)});
        return;
    }
    first->value = std::move(value);
    const auto rest =
        std::remove_if(std::next(first), entries_.end(), [&](const Entry& entry) { return entry.name == first->name; });
    entries_.erase(rest, entries_.end());
}

void Headers::remove(std::string_view name) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.name == name; });
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    const auto last =
        std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) { return entry.name == name; });
    return last != entries_.rend() && last->value ? std::optional<std::string_view>(*last->value) : std::nullopt;
}

} // namespace streaming
