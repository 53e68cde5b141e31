#include "core/streaming/ingestion/content_rules.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace streaming {
namespace {

namespace json = simdjson::ondemand;

std::vector<std::string> way_to(std::string_view field) {
    std::vector<std::string> names;
    for (std::size_t dot = field.find('.'); dot != std::string_view::npos; dot = field.find('.')) {
        names.emplace_back(field.substr(0, dot));
        field.remove_prefix(dot + 1);
    }
    names.emplace_back(field);
    return names;
}

std::string_view without_space_behind(std::string_view token) {
    return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

std::optional<std::string> text_of(json::value value) {
    std::string_view text;
    switch (value.type().value_unsafe()) {
        case json::json_type::string:
            return value.get_string().get(text) == simdjson::SUCCESS ? std::optional<std::string>(text) : std::nullopt;
        case json::json_type::number:
        case json::json_type::boolean:
            return std::string(without_space_behind(value.raw_json_token()));
        default:
            return std::nullopt;
    }
}

/// Reads fields of one payload. One per thread: it owns the scratch memory.
class FieldReader {
public:
    /// False when the payload is no JSON.
    bool open(std::string_view payload) {
        buffer_.reserve(payload.size() + simdjson::SIMDJSON_PADDING);
        buffer_.assign(payload);
        return parser_.iterate(buffer_.data(), payload.size(), buffer_.capacity()).get(document_) == simdjson::SUCCESS;
    }

    std::optional<std::string> read(const std::vector<std::string>& way) {
        if (!document_.is_alive()) { // it was found to be broken while an earlier field was looked for
            return std::nullopt;
        }
        document_.rewind();
        json::object object;
        if (document_.get_object().get(object) != simdjson::SUCCESS) {
            return std::nullopt;
        }
        json::value value;
        for (std::size_t i = 0; i < way.size(); ++i) {
            if ((i > 0 && value.get_object().get(object) != simdjson::SUCCESS) ||
                object.find_field_unordered(way[i]).get(value) != simdjson::SUCCESS) {
                return std::nullopt;
            }
        }
        return value.type().error() == simdjson::SUCCESS ? text_of(value) : std::nullopt;
    }

private:
    std::string buffer_{}; ///< simdjson wants to read a little behind the end
    json::parser parser_{};
    json::document document_{};
};

} // namespace

ContentRules::ContentRules(std::vector<ContentRule> rules) {
    for (ContentRule& rule : rules) {
        std::vector<std::string> way = way_to(rule.field);
        const auto known = std::ranges::find(fields_, way);
        const auto index = static_cast<std::size_t>(known - fields_.begin());
        if (known == fields_.end()) {
            fields_.push_back(std::move(way));
        }
        rules_.push_back({.field = index, .rule = std::move(rule)});
    }
}

const std::string* ContentRules::topic_of(std::string_view payload) const {
    if (rules_.empty()) {
        return nullptr;
    }
    thread_local FieldReader reader;
    if (!reader.open(payload)) {
        return nullptr;
    }
    struct Read {
        bool done = false;
        std::optional<std::string> text{};
    };
    std::vector<Read> reads(fields_.size());
    for (const auto& [field, rule] : rules_) {
        Read& read = reads[field];
        if (!std::exchange(read.done, true)) {
            read.text = reader.read(fields_[field]);
        }
        if (read.text == rule.equals) {
            return &rule.topic;
        }
    }
    return nullptr;
}

} // namespace streaming
