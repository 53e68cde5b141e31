#include "core/streaming/ingestion/batch_cursor.hpp"

#include <nlohmann/json.hpp>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming::detail {

namespace {

std::string text_of(Clock::system_time time) {
    std::string text;
    append_rfc3339(text, time);
    return text;
}

/// nullopt = not there, or no time.
std::optional<Clock::system_time> time_of(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) {
        return std::nullopt;
    }
    const auto time = parse_rfc3339(found->get_ref<const std::string&>());
    return time ? std::optional(time.value()) : std::nullopt;
}

} // namespace

std::string BatchCursor::to_text() const {
    nlohmann::json object = nlohmann::json::object();
    if (last_run) {
        object["last_run"] = text_of(*last_run);
    }
    if (backfill) {
        object["backfill"] = {
            {"from", text_of(backfill->from)}, {"to", text_of(backfill->to)}, {"done_to", text_of(backfill->done_to)}};
    }
    return object.dump();
}

Result<BatchCursor> BatchCursor::parse(std::string_view text) {
    const auto object = nlohmann::json::parse(text, nullptr, false);
    if (!object.is_object()) {
        return Error{.code = ErrorCode::malformed, .message = "is no JSON object"};
    }
    BatchCursor cursor;
    if (object.contains("last_run")) {
        cursor.last_run = time_of(object, "last_run");
        if (!cursor.last_run) {
            return Error{.code = ErrorCode::malformed, .message = "last_run is no time"};
        }
    }
    if (const auto found = object.find("backfill"); found != object.end()) {
        const auto from = time_of(*found, "from");
        const auto to = time_of(*found, "to");
        const auto done_to = time_of(*found, "done_to");
        if (!from || !to || !done_to) {
            return Error{.code = ErrorCode::malformed, .message = "backfill does not have the times from, to, done_to"};
        }
        cursor.backfill = BackfillProgress{.from = *from, .to = *to, .done_to = *done_to};
    }
    return cursor;
}

} // namespace streaming::detail
