#include "core/streaming/ingestion/odd_numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <system_error>

namespace streaming::detail {
namespace {

constexpr std::string_view kOfWords = "+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// The end of the string that begins at `from`; of the text, when it has none.
std::size_t end_of_string(std::string_view text, std::size_t from) {
    for (std::size_t at = from + 1; at < text.size(); ++at) {
        if (text[at] == '"') {
            return at + 1;
        }
        at += text[at] == '\\' ? 1 : 0;
    }
    return text.size();
}

/// Whether it is a number of JSON that is larger than all doubles.
bool is_beyond_doubles(std::string_view word) {
    double value = 0;
    if (std::from_chars(word.data(), word.data() + word.size(), value).ec != std::errc::result_out_of_range) {
        return false; // most of them, without an exception
    }
    try {
        return nlohmann::json::parse(word).is_null(); // never: what is too small is read as zero
    } catch (const nlohmann::json::out_of_range&) {
        return true;
    } catch (const nlohmann::json::parse_error&) { // "01e400"
        return false;
    }
}

/// Zero, as nobody writes it.
std::string mark_for(std::string_view text) { return fmt::format("0e0{}", std::hash<std::string_view>()(text)); }

} // namespace

MarkedJson mark_odd_numbers(std::string_view text) {
    MarkedJson marked{.mark = mark_for(text)};
    if (text.find(marked.mark) != std::string_view::npos) {
        return marked;
    }
    marked.text.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const bool is_word = kOfWords.find(text[at]) != std::string_view::npos;
        const std::size_t end = text[at] == '"' ? end_of_string(text, at)
                                : is_word       ? std::min(text.find_first_not_of(kOfWords, at), text.size())
                                                : at + 1;
        const std::string_view word = text.substr(at, end - at);
        at = end;
        if (word == "NaN" || word == "Infinity" || word == "-Infinity" || (is_word && is_beyond_doubles(word))) {
            marked.odd.emplace_back(word);
            marked.text += marked.mark;
        } else {
            marked.text += word;
        }
    }
    return marked;
}

} // namespace streaming::detail
