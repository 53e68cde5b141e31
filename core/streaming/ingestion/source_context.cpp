#include "core/streaming/ingestion/source_context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/ingestion/source_state.hpp"

namespace streaming {

namespace {

/// Time part of ids that stand for content alone.
constexpr std::chrono::system_clock::time_point kNoTime{};
/// Of an envelope: what is neither a value nor the data.
constexpr std::size_t kNamesAndStamp = 128;

} // namespace

SourceContext::SourceContext(const Dependencies& dependencies, std::stop_token stop)
    : dependencies_(dependencies), stop_(std::move(stop)) {}

SourceContext::~SourceContext() = default;

void SourceContext::emit_data(std::string_view type, std::string_view natural_key, SourceRow row,
                              std::string_view data) {
    const std::array<std::string_view, 3> parts{dependencies_.source, type, natural_key};
    row.id = to_string(derive_uuid_v8(kNoTime, parts, 0));
    row.payload.reserve(kNamesAndStamp + 2 * row.id.size() + type.size() + dependencies_.service.size() + data.size());
    append_envelope_head(row.payload, {.id = row.id,
                                       .type = type,
                                       .timestamp = dependencies_.now,
                                       .source = dependencies_.service,
                                       .correlation_id = row.id});
    row.payload += data;
    row.payload += '}';
    rows_.push_back(std::move(row));
}

std::string rejected_id(std::string_view source, std::string_view row) {
    const std::array<std::string_view, 3> parts{source, "rejected", row};
    return to_string(derive_uuid_v8(kNoTime, parts, 0));
}

void SourceContext::reject(std::string_view bytes, std::string reason) {
    rows_.push_back(
        {.id = rejected_id(dependencies_.source, bytes), .payload = std::string(bytes), .rejected = std::move(reason)});
}

void SourceContext::payload_is_of(std::chrono::system_clock::time_point time) {
    payload_time_ = std::max(payload_time_.value_or(time), time);
}

void SourceContext::reject_answer() {
    if (state_ != nullptr) {
        state_->reject_answer();
    }
}

SourceState* SourceContext::state() {
    if (state_ == nullptr && !state_trouble_) {
        if (dependencies_.state == nullptr) {
            own_state_ = std::make_unique<SourceState>();
        }
        SourceState& used = own_state_ != nullptr ? *own_state_ : *dependencies_.state;
        if (Status begun = used.begin_answer(dependencies_.now); begun) {
            state_ = &used;
        } else {
            state_trouble_ = begun.error();
        }
    }
    return state_;
}

Revision SourceContext::revision_of(std::string_view natural_key, std::string_view content) {
    SourceState* known = state();
    return known != nullptr ? known->revision_of(natural_key, content) : Revision{};
}

Revision SourceContext::revision_of_hash(std::string_view natural_key, std::string_view content_hash) {
    SourceState* known = state();
    return known != nullptr ? known->revision_of(natural_key, content_hash_from(content_hash)) : Revision{};
}

std::string SourceContext::revised_key(std::string_view natural_key, const Revision& revision) {
    return revision.number == 0 ? std::string(natural_key)
                                : fmt::format("{}|{}|{}", natural_key, revision.number, revision.content);
}

void SourceContext::listed(std::string_view list, std::string_view natural_key, std::string_view kafka_key,
                           std::string_view summary) {
    if (SourceState* known = state()) {
        known->listed(list, natural_key, kafka_key, summary);
    }
}

void SourceContext::for_each_ended(std::string_view list, const std::function<bool(Ended&)>& use) {
    if (SourceState* known = state()) {
        known->ended(list, use);
    }
}

std::string SourceContext::ended_key(const Ended& end) { return fmt::format("{}|{}|end", end.natural_key, end.number); }

std::optional<Ended> SourceContext::find_ended(std::string_view list, std::string_view natural_key) {
    SourceState* known = state();
    return known != nullptr ? known->find_ended(list, natural_key) : std::nullopt;
}

} // namespace streaming
