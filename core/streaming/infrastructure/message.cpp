#include "core/streaming/infrastructure/message.hpp"

#include <algorithm>

#include "core/streaming/infrastructure/json_mismatch.hpp"
#include "core/streaming/infrastructure/permanent_error.hpp"

namespace streaming {

namespace {

constexpr const char* kMalformed = "Malformed";
constexpr const char* kWrongType = "WrongType";

nlohmann::json parse_data(std::string_view data) {
    if (nests_deeper_than(data, kMaxJsonDepth)) {
        throw PermanentError("data: nested deeper than " + std::to_string(kMaxJsonDepth) + " levels", kMalformed);
    }
    try {
        return nlohmann::json::parse(data);
    } catch (const nlohmann::json::exception& error) {
        std::string text = detail::without_library_prefix(error.what());
        text.erase(std::min(text.find("; last read"), text.size())); // would repeat the payload in the log
        throw PermanentError("data: " + text, kMalformed);
    }
}

} // namespace

const Headers& Message::headers() const {
    if (headers_ == nullptr) {
        headers_ = std::make_unique<Headers>();
        if (record_->has_headers && record_->owner != nullptr) {
            record_->owner->read_headers(record_->handle, *headers_);
        }
    }
    return *headers_;
}

const nlohmann::json& Message::data() const {
    if (data_ == nullptr) {
        data_ =
            std::make_unique<nlohmann::json>(envelope_.data.empty() ? nlohmann::json() : parse_data(envelope_.data));
    }
    return *data_;
}

void Message::check_data() const {
    if (envelope_.data.empty()) {
        throw PermanentError("data: missing", kWrongType);
    }
    if (nests_deeper_than(envelope_.data, kMaxJsonDepth)) {
        static_cast<void>(data()); // throws
    }
}

void Message::throw_mismatch(std::string_view reason, const std::function<void(const nlohmann::json&)>& decode) const {
    throw PermanentError(detail::explain_mismatch(data(), reason, decode), kWrongType);
}

} // namespace streaming
