#include "core/streaming/orchestration/source_memory.hpp"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

namespace streaming::detail {

namespace {

/// Of options that changed again and again, the last are looked at: each costs a look-up for each row.
constexpr std::size_t kMostEarlier = 3;

bool same(const DeduplicationOptions& one, const DeduplicationOptions& other) {
    const auto all = [](const DeduplicationOptions& options) {
        return std::tie(options.enabled, options.key_style, options.ttl, options.local_cache_ids);
    };
    return all(one) == all(other);
}

} // namespace

SourceMemory::SourceMemory(Dependencies dependencies, const Options& options)
    : dependencies_(std::move(dependencies)), options_(options), ids_(make()) {}

std::unique_ptr<DeduplicationManager> SourceMemory::make() const {
    return std::make_unique<DeduplicationManager>(
        DeduplicationManager::Dependencies{
            .store = dependencies_.store, .clock = dependencies_.clock, .log = dependencies_.log},
        options_.deduplication, dependencies_.scope + (options_.shadow ? ".shadow" : ""));
}

void SourceMemory::configure(const Options& options) {
    const Options before = std::exchange(options_, options);
    if (before.shadow == options.shadow && same(before.deduplication, options.deduplication)) {
        return;
    }
    (void)ids_->flush().ok(); // what it does not get into the store now it tries with `remember`
    if (before.shadow == options.shadow) {
        // An id is known for two times ttl at most.
        earlier_.push_back({.ids = std::move(ids_), .over = dependencies_.clock.now() + 2 * before.deduplication.ttl});
    } else {
        earlier_.clear();
    }
    if (earlier_.size() > kMostEarlier) {
        earlier_errors_ += earlier_.front().ids->store_errors();
        earlier_.erase(earlier_.begin());
    }
    ids_ = make();
}

Status SourceMemory::check(std::span<const SourceRow> rows, std::vector<std::uint8_t>& known) {
    if (!options_.deduplication.enabled) {
        known.assign(rows.size(), 0);
        return {};
    }
    std::vector<std::string_view> ids;
    ids.reserve(rows.size());
    for (const SourceRow& row : rows) {
        ids.push_back(row.id);
    }
    (void)ids_->begin_check(ids).ok(); // an error comes back from finish_check
    Status status = ids_->finish_check(known);
    std::erase_if(earlier_, [now = dependencies_.clock.now()](const Earlier& one) { return one.over <= now; });
    std::vector<std::uint8_t> known_earlier;
    for (const Earlier& one : earlier_) {
        (void)one.ids->begin_check(ids).ok();
        if (Status of_earlier = one.ids->finish_check(known_earlier); status.ok()) {
            status = std::move(of_earlier);
        }
        std::ranges::transform(known, known_earlier, known.begin(), std::bit_or<>());
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (known[i] != 0) {
            ids_->keep(ids[i]);
        }
    }
    return status;
}

Status SourceMemory::remember(std::span<const std::string_view> ids) {
    if (options_.deduplication.enabled) {
        ids_->mark(ids);
    }
    Status status = ids_->flush();
    for (const Earlier& one : earlier_) {
        if (Status of_earlier = one.ids->flush(); status.ok()) {
            status = std::move(of_earlier);
        }
    }
    return status;
}

std::uint64_t SourceMemory::store_errors() const noexcept {
    std::uint64_t errors = earlier_errors_ + ids_->store_errors();
    for (const Earlier& one : earlier_) {
        errors += one.ids->store_errors();
    }
    return errors;
}

} // namespace streaming::detail
