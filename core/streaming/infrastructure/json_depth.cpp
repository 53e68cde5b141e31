#include "core/streaming/infrastructure/json_depth.hpp"

namespace streaming {

namespace {

/// Whether `c` occurs more than `limit` times; find is memchr, so texts with few brackets cost next to nothing.
bool holds_more_than(std::string_view text, char c, std::size_t limit) {
    std::size_t count = 0;
    for (std::size_t at = text.find(c); at != std::string_view::npos; at = text.find(c, at + 1)) {
        if (++count > limit) {
            return true;
        }
    }
    return false;
}

} // namespace

bool nests_deeper_than(std::string_view json, std::size_t limit) noexcept {
    if (json.size() <= limit || (!holds_more_than(json, '[', limit / 2) && !holds_more_than(json, '{', limit / 2))) {
        return false;
    }
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (in_string) {
            if (c == '\\') {
                ++i; // whatever is escaped ends no string
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > limit) {
                return true;
            }
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return false;
}

} // namespace streaming
