#include "core/streaming/ingestion/glob.hpp"

namespace streaming {
namespace {

constexpr std::size_t index_of(char c) noexcept { return static_cast<unsigned char>(c); }

} // namespace

Glob::Bytes Glob::take_one(std::string_view& rest) {
    const char first = rest.front();
    if (first == '?') {
        rest.remove_prefix(1);
        return Bytes().set();
    }
    const bool inverted = rest.size() > 1 && (rest[1] == '!' || rest[1] == '^');
    const std::size_t begin = inverted ? 2 : 1;
    // A ] right behind the opening stands for itself.
    const std::size_t end = first == '[' ? rest.find(']', begin + 1) : std::string_view::npos;
    Bytes bytes;
    if (end == std::string_view::npos) {
        bytes.set(index_of(first));
        rest.remove_prefix(1);
        return bytes;
    }
    for (std::size_t i = begin; i < end; ++i) {
        const bool range = i + 2 < end && rest[i + 1] == '-';
        const std::size_t last = index_of(range ? rest[i + 2] : rest[i]);
        for (std::size_t byte = index_of(rest[i]); byte <= last; ++byte) {
            bytes.set(byte);
        }
        i += range ? 2 : 0;
    }
    rest.remove_prefix(end + 1);
    return inverted ? ~bytes : bytes;
}

Glob::Glob(std::string_view pattern) : words_(pattern.size() / kBits + 1), passes_(256 * words_, 0), stays_(words_, 0) {
    while (!pattern.empty()) {
        if (pattern.front() == '*') {
            stays_[length_ / kBits] |= Word{1} << (length_ % kBits);
            pattern.remove_prefix(1);
            continue;
        }
        const Bytes bytes = take_one(pattern);
        for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
            if (bytes.test(byte)) {
                passes_[byte * words_ + length_ / kBits] |= Word{1} << (length_ % kBits);
            }
        }
        ++length_;
    }
}

bool Glob::matches(std::string_view name) const {
    std::size_t steps = 0;
    return matches(name, steps);
}

bool Glob::matches(std::string_view name, std::size_t& steps) const {
    steps = 0;
    std::vector<Word> reached(words_, 0);
    reached[0] = 1;
    for (const char c : name) {
        const Word* const passes = &passes_[index_of(c) * words_];
        Word carry = 0;
        Word any = 0;
        for (std::size_t i = 0; i < words_; ++i) {
            const Word moved = reached[i] & passes[i];
            reached[i] = (moved << 1U) | carry | (reached[i] & stays_[i]);
            carry = moved >> (kBits - 1);
            any |= reached[i];
        }
        steps += words_;
        if (any == 0) {
            return false;
        }
    }
    return (reached[length_ / kBits] >> (length_ % kBits) & 1U) != 0;
}

} // namespace streaming
