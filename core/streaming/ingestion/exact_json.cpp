#include "core/streaming/ingestion/exact_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <list>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/infrastructure/json_value.hpp"
#include "core/streaming/ingestion/odd_numbers.hpp"

namespace streaming {
namespace {

using nlohmann::json;

/// What a value of the kind `binary` is: text of JSON, to be written as it is.
constexpr std::uint64_t kDigits = 1;
constexpr std::uint64_t kTwice = 2; ///< `1,"name":2`: the values of one name, that between them included
constexpr std::uint64_t kNoNumber = 3;

json verbatim(std::string_view text, std::uint64_t what) {
    return json::binary(json::binary_t::container_type(text.begin(), text.end()), what);
}

std::string_view verbatim_of(const json& value) {
    const auto& bytes = value.get_binary();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; // NOLINT: bytes are text
}

bool is_verbatim(const json& value, std::uint64_t what) noexcept {
    return value.is_binary() && value.get_binary().has_subtype() && value.get_binary().subtype() == what;
}

std::string plain_text(const json& value) {
    std::string text;
    append_json(text, value, NotUtf8::replaced);
    return text;
}

/// A decimal number as digits without zeros around them, and the power of ten behind the last.
struct Decimal {
    std::string digits{};
    long exponent = 0;
    bool operator==(const Decimal&) const = default;
};

Decimal decimal_of(std::string_view text) {
    constexpr long kMostPower = 1'000'000'000; // far beyond any double, and room to count in
    Decimal number;
    const std::size_t e = std::min(text.find_first_of("eE"), text.size());
    if (e + 1 < text.size()) {
        const std::string_view power = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
        (void)std::from_chars(power.data(), power.data() + power.size(), number.exponent);
        number.exponent = std::clamp(number.exponent, -kMostPower, kMostPower);
    }
    bool fraction = false;
    for (const char letter : text.substr(0, e)) {
        fraction = fraction || letter == '.';
        if (letter >= '0' && letter <= '9') {
            number.exponent -= fraction ? 1 : 0;
            number.digits += letter;
        }
    }
    number.digits.erase(0, std::min(number.digits.find_first_not_of('0'), number.digits.size()));
    while (number.digits.ends_with('0')) {
        number.digits.pop_back();
        ++number.exponent;
    }
    number.exponent = number.digits.empty() ? 0 : number.exponent;
    return number;
}

/// Whether a double is written with the digits that it was read from.
bool is_exact(double value, std::string_view text) {
    if (text.find_first_of(".eE") == std::string_view::npos) {
        return false; // a whole number of more than 64 bits: a double would be written otherwise
    }
    constexpr std::size_t kSurelyHeld = std::numeric_limits<double>::digits10;
    constexpr double kSmallest = 1e-300; // below it fewer are held
    const std::size_t digits =
        text.size() - (text.starts_with('-') ? 1 : 0) - (text.find('.') != std::string_view::npos ? 1 : 0);
    if ((digits <= kSurelyHeld && std::abs(value) > kSmallest) || text == "0.0") {
        return true;
    }
    return std::isfinite(value) && decimal_of(fmt::format("{}", value)) == decimal_of(text);
}

/// Builds the document as json::parse does.
class Builder {
public:
    using number_integer_t = json::number_integer_t;
    using number_unsigned_t = json::number_unsigned_t;
    using number_float_t = json::number_float_t;
    using string_t = json::string_t;
    using binary_t = json::binary_t;

    Builder(ExactJson& into, const detail::MarkedJson& marked) : into_(into), marked_(marked) {}

    bool null() { return put(nullptr); }
    bool boolean(bool value) { return put(value); }
    bool number_integer(number_integer_t value) { return put(value); }
    bool number_unsigned(number_unsigned_t value) { return put(value); }
    bool number_float(number_float_t value, const string_t& text) {
        if (!marked_.odd.empty() && text == marked_.mark) {
            into_.flawed = true;
            return put(verbatim(marked_.odd.at(odd_++), kNoNumber));
        }
        return is_exact(value, text) ? put(value) : put(verbatim(text, kDigits));
    }
    bool string(string_t& value) { return put(std::move(value)); }
    bool binary(binary_t& value) { return put(std::move(value)); } // not in text
    bool start_object(std::size_t /*size*/) { return open(json::value_t::object); }
    bool start_array(std::size_t /*size*/) { return open(json::value_t::array); }
    bool end_array() { return close(); }
    bool end_object() {
        while (!again_.empty() && again_.back().object == open_.back()) {
            join(again_.back());
            again_.pop_back();
        }
        return close();
    }
    bool key(string_t& name) {
        auto [member, is_new] = open_.back()->get_ref<json::object_t&>().try_emplace(name);
        if (is_new) {
            place_ = &member->second;
            return true;
        }
        into_.flawed = true;
        again_.push_back({.object = open_.back(), .name = std::move(name)});
        place_ = &again_.back().value;
        return true;
    }
    bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const json::exception& /*error*/) {
        into_.value = json(json::value_t::discarded);
        return false;
    }

private:
    struct Again {
        json* object = nullptr;
        std::string name{};
        json value{};
    };

    template <class Value>
    json* place(Value&& value) {
        if (open_.empty()) {
            into_.value = json(std::forward<Value>(value));
            return &into_.value;
        }
        if (open_.back()->is_array()) {
            return &open_.back()->get_ref<json::array_t&>().emplace_back(std::forward<Value>(value));
        }
        *place_ = json(std::forward<Value>(value));
        return place_;
    }
    template <class Value>
    bool put(Value&& value) {
        place(std::forward<Value>(value));
        return true;
    }
    bool open(json::value_t kind) {
        open_.push_back(place(kind));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }
    /// Of a name that stands three times the last comes first.
    static void join(const Again& again) {
        json& first = (*again.object)[again.name];
        if (!stands_twice(first)) {
            first = verbatim(exact_text(first), kTwice);
        }
        // In place: a name may stand there a hundred thousand times.
        const std::string more = fmt::format(",{}:{}", plain_text(again.name), exact_text(again.value));
        auto& bytes = first.get_binary();
        bytes.insert(bytes.end(), more.begin(), more.end());
    }

    ExactJson& into_;
    const detail::MarkedJson& marked_;
    std::size_t odd_ = 0; ///< those of marked_ that came
    std::vector<json*> open_{};
    json* place_ = nullptr;    ///< of the member whose name came last
    std::list<Again> again_{}; ///< of objects that are open
};

bool holds_verbatim(const json& value) {
    return value.is_binary() || (value.is_structured() && std::ranges::any_of(value, holds_verbatim));
}

void append_exactly(std::string& text, const json& value) {
    if (value.is_binary()) {
        text += verbatim_of(value);
        return;
    }
    if (!value.is_structured()) {
        append_json(text, value, NotUtf8::replaced);
        return;
    }
    text += value.is_object() ? '{' : '[';
    const char* between = "";
    for (const auto& [name, member] : value.items()) {
        text += between;
        if (value.is_object()) {
            append_json_string(text, name);
            text += ':';
        }
        append_exactly(text, member);
        between = ",";
    }
    text += value.is_object() ? '}' : ']';
}

} // namespace

ExactJson read_exactly(std::string_view text) {
    ExactJson read{.value = json(json::value_t::discarded)};
    const detail::MarkedJson plain;
    Builder builder(read, plain);
    if (json::sax_parse(text, &builder)) {
        return read;
    }
    read = {.value = json(json::value_t::discarded)};
    const detail::MarkedJson marked = detail::mark_odd_numbers(text);
    Builder again(read, marked);
    if (marked.odd.empty() || !json::sax_parse(marked.text, &again)) {
        return {.value = json(json::value_t::discarded)};
    }
    return read;
}

std::optional<std::string> flaw_of(const json& value) {
    if (is_verbatim(value, kNoNumber)) {
        const std::string_view odd = verbatim_of(value);
        const bool is_name = odd.find_first_of("aI") != std::string_view::npos; // NaN, Infinity
        return fmt::format("{} {}", odd, is_name ? "is no number of JSON" : "is larger than any double");
    }
    if (!value.is_structured()) {
        return std::nullopt;
    }
    for (auto member = value.begin(); member != value.end(); ++member) {
        if (stands_twice(*member)) {
            return fmt::format("the name {} stands twice in one object", member.key().empty() ? R"("")" : member.key());
        }
        if (auto inside = flaw_of(*member)) {
            return inside;
        }
    }
    return std::nullopt;
}

bool stands_twice(const json& value) noexcept { return is_verbatim(value, kTwice); }

json exact_number(std::string_view text) {
    json value = read_exactly(text).value;
    return is_any_number(value) ? value : json();
}

std::string_view kept_digits(const json& value) noexcept {
    return is_verbatim(value, kDigits) ? verbatim_of(value) : std::string_view();
}

bool is_any_number(const json& value) noexcept { return value.is_number() || is_verbatim(value, kDigits); }

double nearest_double(const json& number) {
    const std::string_view digits = kept_digits(number);
    return digits.empty() ? number.get<double>() : std::strtod(std::string(digits).c_str(), nullptr);
}

std::string exact_text(const json& value) {
    if (!holds_verbatim(value)) {
        return plain_text(value);
    }
    std::string text;
    append_exactly(text, value);
    return text;
}

} // namespace streaming
