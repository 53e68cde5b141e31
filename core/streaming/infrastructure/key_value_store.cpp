#include "core/streaming/infrastructure/key_value_store.hpp"

#include <algorithm>
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

std::optional<Spending> Spending::parse(std::string_view value) {
    std::uint64_t numbers[3] = {};
    for (std::uint64_t& number : numbers) {
        const std::string_view word = value.substr(0, value.find(' '));
        const auto [rest, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
        if (problem != std::errc() || rest != word.data() + word.size()) {
            return std::nullopt;
        }
        value.remove_prefix(std::min(word.size() + 1, value.size()));
    }
    return Spending{.granted = numbers[0] == 1,
                    .used = numbers[1],
                    .wait = std::chrono::milliseconds(static_cast<std::int64_t>(numbers[2]))};
}

} // namespace streaming
