#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace streaming {

/// A pattern for names: `*` any text, `?` one byte, `[a-z_]` one byte of these, `[!a-z]` one that is none of these;
/// anything else stands for itself, so does a `[` that is not closed. Upper and lower case differ.
/// Immutable: usable by many threads.
///
/// Matching takes the same few operations for each byte of the name, whatever the pattern: all places of the pattern
/// that the name may have reached are bits of one number and move together (bit-parallel simulation of the automaton:
/// Baeza-Yates and Gonnet, "A new approach to text searching", 1992; a star is a bit that also stays). Nothing is tried
/// twice, so no pattern is slow.
class Glob {
public:
    explicit Glob(std::string_view pattern);

    [[nodiscard]] bool matches(std::string_view name) const;
    /// The same; `steps` is how many words of bits were moved: at most (bytes of the name) x (bytes of the pattern / 64
    /// + 1).
    [[nodiscard]] bool matches(std::string_view name, std::size_t& steps) const;

private:
    using Word = std::uint64_t;
    static constexpr std::size_t kBits = 64;
    using Bytes = std::bitset<256>;

    static Bytes take_one(std::string_view& rest);

    std::size_t length_ = 0;     ///< what a name must pass: bytes, ?s and classes
    std::size_t words_ = 1;      ///< for a bit each, and one for the end
    std::vector<Word> passes_{}; ///< [byte x words_]: places that this byte leads away from, to the next
    std::vector<Word> stays_{};  ///< places with a star: any byte leads back to them
};

} // namespace streaming
