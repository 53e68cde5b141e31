#include "core/streaming/infrastructure/key_value_store.hpp"

#include <charconv>

namespace streaming {

std::optional<Register> Register::parse(std::string_view value) {
    Register read;
    std::chrono::milliseconds::rep age = 0;
    std::size_t end = value.find('\n');
    const std::string_view first = value.substr(0, end);
    const auto [rest, problem] = std::from_chars(first.data(), first.data() + first.size(), age);
    if (problem != std::errc() || rest != first.data() + first.size()) {
        return std::nullopt;
    }
    read.age = std::chrono::milliseconds(age);
    while (end != std::string_view::npos) {
        value.remove_prefix(end + 1);
        end = value.find('\n');
        read.members.emplace_back(value.substr(0, end));
    }
    return read;
}

} // namespace streaming
