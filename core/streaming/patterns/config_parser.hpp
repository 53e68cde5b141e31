#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/patterns/config_node.hpp"

namespace streaming::detail {

/// One run of the YAML parser over one text. Adds every problem it can see to `problems`.
class ConfigParser {
public:
    ConfigParser(std::string name, bool with_lines, std::vector<std::string>& problems)
        : name_(std::move(name)), with_lines_(with_lines), problems_(problems) {}

    [[nodiscard]] ConfigNode parse(std::string text);
    [[nodiscard]] bool failed() const noexcept { return failed_; } ///< nothing of the text can be used

private:
    class Builder;

    [[nodiscard]] bool has_only_good_characters(std::string_view text);
    void fail(std::size_t line, std::size_t column, std::string_view what);
    [[nodiscard]] std::string place(std::size_t line, std::size_t column) const; ///< both count from 0

    std::string name_;
    bool with_lines_;
    std::vector<std::string>& problems_;
    bool failed_ = false;
};

} // namespace streaming::detail
