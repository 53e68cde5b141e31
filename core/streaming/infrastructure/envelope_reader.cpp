#include "core/streaming/infrastructure/envelope_reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/streaming/infrastructure/json_depth.hpp"

namespace streaming {

namespace {

constexpr std::size_t kFirstCapacity = 4096;

Error malformed(std::string text) {
    return {.code = ErrorCode::malformed, .message = std::move(text), .retryable = false};
}

std::string_view explain(simdjson::error_code error) {
    switch (error) {
        case simdjson::EMPTY:
            return "payload: empty";
        case simdjson::UTF8_ERROR:
            return "payload: not valid UTF-8";
        case simdjson::UNCLOSED_STRING:
            return "payload: ends inside a string";
        case simdjson::UNESCAPED_CHARS:
            return "payload: control character inside a string";
        case simdjson::CAPACITY:
            return "payload: too large";
        default:
            return "payload: not JSON";
    }
}

/// The text that a JSON string token with escapes stands for. Rare, so nlohmann may build a value for it; it also
/// refuses half surrogate pairs, which would be invalid UTF-8.
std::optional<std::string> unescape(std::string_view token) {
    const nlohmann::json value = nlohmann::json::parse(token, nullptr, false);
    return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

/// The places of a JSON text where something starts (brackets, colons, commas, strings, numbers and words), as
/// simdjson's first stage finds them. It has checked the encoding and the strings; the order of things is checked here.
class Tokens {
public:
    Tokens(std::string_view text, const simdjson::internal::dom_parser_implementation& parser)
        : text_(text), starts_(parser.structural_indexes.get()), count_(parser.n_structural_indexes) {}

    [[nodiscard]] bool at_end() const { return next_ == count_; }
    /// First character of the next token, NUL at the end.
    [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[starts_[next_]]; }
    [[nodiscard]] std::size_t position() const { return at_end() ? text_.size() : starts_[next_]; }

    bool take(char expected) {
        if (peek() != expected) {
            return false;
        }
        ++next_;
        return true;
    }

    /// The next token without the white space behind it.
    std::string_view take_scalar() {
        const std::size_t begin = starts_[next_++];
        std::string_view token = text_.substr(begin, position() - begin);
        while (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t') {
            token.remove_suffix(1); // ends at the token's first character at the latest, which is none of these
        }
        return token;
    }

    enum class Container { complete, cut_off, mismatched, too_deep };
    /// Passes over an object or array, whose brackets must match.
    Container skip_container() {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): only what was written is read
        std::array<char, kMaxJsonDepth> closing;
        std::size_t depth = 0;
        for (; next_ < count_; ++next_) {
            const char c = text_[starts_[next_]];
            if (c == '{' || c == '[') {
                if (depth + 1 == kMaxJsonDepth) { // the envelope itself is the first level
                    return Container::too_deep;
                }
                closing[depth++] = c == '{' ? '}' : ']';
            } else if (c == '}' || c == ']') {
                if (closing[--depth] != c) {
                    return Container::mismatched;
                }
                if (depth == 0) {
                    ++next_;
                    return Container::complete;
                }
            }
        }
        return Container::cut_off;
    }

private:
    std::string_view text_;
    const std::uint32_t* starts_;
    std::size_t count_;
    std::size_t next_ = 0;
};

enum class Field { id, type, timestamp, source, correlation_id, data, other };
constexpr std::array<std::string_view, 6> kFieldNames = {"id", "type", "timestamp", "source", "correlation_id", "data"};

Field field_named(std::string_view name) {
    const auto found = std::ranges::find(kFieldNames, name);
    return static_cast<Field>(found - kFieldNames.begin());
}

std::string about(Field field, std::string_view what) {
    const auto index = static_cast<std::size_t>(field);
    const std::string_view name = index < kFieldNames.size() ? kFieldNames[index] : "payload";
    return std::string(name).append(": ").append(what);
}

std::string_view kind_of(char first) {
    switch (first) {
        case '{':
            return "an object";
        case '[':
            return "an array";
        case 't':
        case 'f':
            return "a boolean";
        default:
            return "a number";
    }
}

/// Reads one envelope from its tokens.
class EnvelopeParse {
public:
    EnvelopeParse(std::string_view payload, Tokens tokens, EnvelopeView& into, std::string& unescaped)
        : payload_(payload), tokens_(tokens), into_(into), unescaped_(unescaped) {}

    Status run() {
        if (!tokens_.take('{')) {
            return malformed("payload: not a JSON object");
        }
        if (tokens_.peek() == '}') {
            return malformed("type: missing");
        }
        do {
            if (Status status = read_field(); !status) {
                return status;
            }
        } while (tokens_.take(','));
        if (tokens_.at_end()) {
            return malformed("payload: ends inside the object");
        }
        if (!tokens_.take('}')) {
            return malformed("payload: comma expected at byte " + std::to_string(tokens_.position()));
        }
        if (!tokens_.at_end()) {
            return malformed("payload: bytes behind the object at byte " + std::to_string(tokens_.position()));
        }
        if (!seen(Field::type)) {
            return malformed("type: missing");
        }
        return {};
    }

private:
    Status read_field() {
        if (tokens_.peek() != '"') {
            return tokens_.at_end()
                       ? malformed("payload: ends inside the object")
                       : malformed("payload: field name expected at byte " + std::to_string(tokens_.position()));
        }
        const std::string_view key = tokens_.take_scalar();
        Field field = field_named(key.substr(1, key.size() - 2));
        if (field == Field::other && key.find('\\') != std::string_view::npos) {
            const auto name = unescape(key);
            if (!name) {
                return malformed("payload: bad escape in a field name");
            }
            field = field_named(*name);
        }
        if (!tokens_.take(':')) {
            return malformed(about(field, "colon expected"));
        }
        if (field != Field::other) {
            const unsigned bit = 1U << static_cast<unsigned>(field);
            if ((seen_ & bit) != 0) {
                return malformed(about(field, "given twice"));
            }
            seen_ |= bit;
        }
        return read_value(field);
    }

    Status read_value(Field field) {
        const char first = tokens_.peek();
        if (first == '{' || first == '[') {
            return read_container(field, first);
        }
        if (tokens_.at_end() || first == '}' || first == ']' || first == ',' || first == ':') {
            return malformed(about(field, "value missing"));
        }
        const std::string_view token = tokens_.take_scalar();
        if (first == '"') {
            return read_string(field, token);
        }
        if (!nlohmann::json::accept(token)) {
            return malformed(about(field, "not a JSON value"));
        }
        if (field == Field::data) {
            into_.data = token;
        } else if (field != Field::other && (first != 'n' || field == Field::id || field == Field::type)) {
            return wrong_kind(field, first == 'n' ? "null" : kind_of(first));
        }
        return {};
    }

    Status read_container(Field field, char first) {
        const std::size_t begin = tokens_.position();
        switch (tokens_.skip_container()) {
            case Tokens::Container::complete:
                break;
            case Tokens::Container::cut_off:
                return malformed(about(field, "the payload ends inside it"));
            case Tokens::Container::mismatched:
                return malformed(about(field, "brackets do not match"));
            case Tokens::Container::too_deep:
                return malformed(about(field, "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels"));
        }
        if (field == Field::data) {
            const std::string_view with_space = payload_.substr(begin, tokens_.position() - begin);
            into_.data = with_space.substr(0, with_space.find_last_of("}]") + 1);
        } else if (field != Field::other) {
            return wrong_kind(field, kind_of(first));
        }
        return {};
    }

    Status read_string(Field field, std::string_view token) {
        std::string_view text = token.substr(1, token.size() - 2);
        if (text.find('\\') != std::string_view::npos) {
            const auto plain = unescape(token);
            if (!plain) {
                return malformed(about(field, "bad escape"));
            }
            text = field == Field::data || field == Field::other ? text : keep(*plain);
        }
        switch (field) {
            case Field::id:
                return read_id(text);
            case Field::type:
                into_.type = text;
                return text.empty() ? Status(malformed("type: empty")) : Status();
            case Field::timestamp:
                into_.timestamp = text;
                break;
            case Field::source:
                into_.source = text;
                break;
            case Field::correlation_id:
                into_.correlation_id = text;
                break;
            case Field::data:
                into_.data = token;
                break;
            case Field::other:
                break;
        }
        return {};
    }

    Status read_id(std::string_view text) {
        if (text.empty()) {
            return malformed("id: empty");
        }
        if (text.size() > EnvelopeReader::kMaxIdBytes) {
            return malformed("id: " + std::to_string(text.size()) + " bytes, at most " +
                             std::to_string(EnvelopeReader::kMaxIdBytes) + " allowed");
        }
        if (text.find('\0') != std::string_view::npos) {
            return malformed("id: holds a NUL");
        }
        into_.id = text;
        return {};
    }

    /// Unescaped text is never longer than the escaped one, so one reservation keeps earlier views valid. Beyond the
    /// string's own buffer, so that they survive a move of the string as well.
    std::string_view keep(const std::string& text) {
        if (unescaped_.empty()) {
            unescaped_.reserve(std::max<std::size_t>(payload_.size(), 64));
        }
        const std::size_t begin = unescaped_.size();
        unescaped_ += text;
        return std::string_view(unescaped_).substr(begin);
    }

    static Status wrong_kind(Field field, std::string_view kind) {
        return malformed(about(field, "must be a string, is ").append(kind));
    }

    [[nodiscard]] bool seen(Field field) const { return (seen_ & (1U << static_cast<unsigned>(field))) != 0; }

    std::string_view payload_;
    Tokens tokens_;
    EnvelopeView& into_;
    std::string& unescaped_;
    unsigned seen_ = 0;
};

} // namespace

struct EnvelopeReader::State {
    /// The first stage of simdjson alone: the walk over its tokens checks more than its on-demand front does.
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser{};

    simdjson::error_code find_tokens(std::string_view payload) {
        if (parser == nullptr || parser->capacity() < payload.size()) {
            const std::size_t capacity = std::max(kFirstCapacity, payload.size() + payload.size() / 2);
            const simdjson::error_code error = grow(capacity);
            if (error != simdjson::SUCCESS) {
                return error;
            }
        }
        return parser->stage1(reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size(),
                              simdjson::stage1_mode::regular);
    }

private:
    simdjson::error_code grow(std::size_t capacity) {
        if (parser != nullptr) {
            return parser->set_capacity(capacity);
        }
        return simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, kMaxJsonDepth, parser);
    }
};

EnvelopeReader::EnvelopeReader() : state_(std::make_unique<State>()) {}
EnvelopeReader::~EnvelopeReader() = default;

Status EnvelopeReader::read(std::string_view payload, EnvelopeView& into, std::string& unescaped) {
    into = {};
    unescaped.clear();
    if (payload.empty()) {
        return malformed("payload: empty");
    }
    if (const simdjson::error_code error = state_->find_tokens(payload); error != simdjson::SUCCESS) {
        return malformed(std::string(explain(error)));
    }
    return EnvelopeParse(payload, Tokens(payload, *state_->parser), into, unescaped).run();
}

} // namespace streaming
