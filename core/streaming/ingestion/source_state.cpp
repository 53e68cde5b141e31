#include "core/streaming/ingestion/source_state.hpp"

#include <algorithm>
#include <utility>

namespace streaming {

void SourceState::load_with(std::function<Status()> load) {
    load_ = std::move(load);
    loaded_ = load_ == nullptr;
}

Status SourceState::begin_answer(std::chrono::system_clock::time_point now) {
    used_ = true;
    if (!loaded_) {
        if (Status loaded = load_(); !loaded) {
            return loaded;
        }
        loaded_ = true;
    }
    time_ = now;
    now_ = {.bucket = std::max(now_.bucket, bucket_at(now)), .answer = now_.answer + 1};
    forget_old();
    return {};
}

void SourceState::reject_answer() { listings_.reject(revisions_, now_.answer); }

Revision SourceState::revision_of(std::string_view natural_key, const RevisionLedger::Hash& content) {
    return revisions_.see(natural_key, content, now_);
}

void SourceState::listed(std::string_view list, std::string_view natural_key, std::string_view kafka_key,
                         std::string_view summary) {
    listings_.listed(list, natural_key, kafka_key, summary, now_);
}

void SourceState::ended(std::string_view list, const std::function<bool(Ended&)>& use) {
    listings_.ended(list, revisions_, time_, now_, use);
}

std::optional<Ended> SourceState::find_ended(std::string_view list, std::string_view natural_key) const {
    return listings_.find_ended(list, natural_key);
}

void SourceState::set_ttl(std::chrono::seconds ttl, std::chrono::system_clock::time_point now) {
    ttl_ = ttl;
    now_.bucket = bucket_at(now);
    revisions_.move_to(now_.bucket);
    listings_.move_to(now_.bucket);
}

std::uint32_t SourceState::bucket_at(std::chrono::system_clock::time_point time) const noexcept {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
    return static_cast<std::uint32_t>(std::max<std::int64_t>(0, seconds) / std::max<std::int64_t>(1, ttl_.count()));
}

void SourceState::list_changes() noexcept {
    revisions_.list_changes();
    listings_.list_changes();
}

void SourceState::clear() {
    revisions_.clear();
    listings_.clear();
}

/// Once a bucket is enough; what was changed and not stored yet keeps the old for a while.
void SourceState::forget_old() {
    if (forgotten_in_ != now_.bucket && !revisions_.has_changes()) {
        revisions_.forget_before(now_.bucket);
        listings_.forget_before(now_.bucket);
        forgotten_in_ = now_.bucket;
    }
}

} // namespace streaming
