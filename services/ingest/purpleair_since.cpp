#include "services/ingest/purpleair_since.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace services::ingest {

using nlohmann::json;

streaming::Status PurpleAirSince::use(streaming::CursorStore* cursors) {
    const std::scoped_lock lock(mutex_);
    cursors_ = cursors;
    if (read_ || cursors == nullptr) {
        return {};
    }
    const auto saved = cursors->load(cursor_);
    if (!saved) {
        streaming::Error failure = saved.error();
        failure.message = "what was fetched last cannot be read: " + failure.message;
        failure.retryable = true;
        return failure;
    }
    const json cursor = json::parse(saved.value().value_or(""), nullptr, false);
    const bool ours = cursor.is_object() && cursor.value("asked", json()) == asked_;
    if (const json since = ours ? cursor.value("since", json()) : json(); since.is_number_integer()) {
        time_ = std::max(time_, since.get<std::int64_t>());
    }
    read_ = true;
    return {};
}

std::int64_t PurpleAirSince::time() const {
    const std::scoped_lock lock(mutex_);
    return time_;
}

void PurpleAirSince::advance(std::int64_t to) {
    const std::scoped_lock lock(mutex_);
    if (to <= time_) {
        return;
    }
    time_ = to;
    if (cursors_ != nullptr) { // what is not saved is asked for again after a restart
        (void)cursors_->save(cursor_, json({{"asked", asked_}, {"since", to}}).dump()).ok();
    }
}

} // namespace services::ingest
