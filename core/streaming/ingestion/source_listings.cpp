#include "core/streaming/ingestion/source_listings.hpp"

#include <utility>

namespace streaming {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

Ended ended_of(const std::string& natural_key, const SourceListings::Item& item) {
    return {.natural_key = natural_key,
            .kafka_key = item.kafka_key,
            .summary = item.summary,
            .number = item.number,
            .previous = item.previous,
            .at = system_clock::time_point(milliseconds(item.ended_at)),
            .missing = item.missing,
            .note = item.note};
}

/// For who rejects the answer that is about to change it.
void remember(SourceListings::Item& item, std::uint32_t answer) {
    if (item.since != answer) {
        item.before.reset(); // no chain of them
        item.before = std::make_shared<const SourceListings::Item>(item);
        item.since = answer;
    }
}

std::int64_t milliseconds_of(system_clock::time_point time) {
    return std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
}

} // namespace

void SourceListings::listed(std::string_view list, std::string_view natural_key, std::string_view kafka_key,
                            std::string_view summary, const Moment& now) {
    auto found = lists_.find(list);
    if (found == lists_.end()) {
        found = lists_.emplace(list, Items()).first;
    }
    auto [place, is_new] = found->second.try_emplace(std::string(natural_key));
    Item& item = place->second;
    if (item.answer == now.answer) {
        return; // what stands twice in one answer
    }
    const bool changes = is_new || item.ended_at != 0 || item.missing != 0 || item.kafka_key != kafka_key ||
                         item.summary != summary || item.bucket != now.bucket;
    if (is_new) {
        item.since = now.answer;
    } else if (changes) {
        remember(item, now.answer);
    } else {
        item.before.reset(); // of an answer that was taken
    }
    item.answer = now.answer;
    item.bucket = now.bucket;
    item.missing = 0;
    item.ended_at = 0;
    if (changes) {
        item.kafka_key = kafka_key;
        item.summary = summary;
        item.note.clear();
        item.previous.clear();
        changed(list, natural_key, item);
    }
}

void SourceListings::ended(std::string_view list, RevisionLedger& revisions, system_clock::time_point time,
                           const Moment& now, const std::function<bool(Ended&)>& use) {
    const auto found = lists_.find(list);
    if (found == lists_.end()) {
        return;
    }
    for (auto& [natural_key, item] : found->second) {
        if (item.answer == now.answer) {
            continue;
        }
        Ended end = ended_of(natural_key, item);
        if (item.ended_at != 0) {
            (void)use(end);
            continue;
        }
        remember(item, now.answer);
        end.missing = ++item.missing;
        end.at = std::chrono::floor<milliseconds>(time);
        const auto revision = revisions.end(natural_key);
        end.number = revision ? revision->number : item.number + 1;
        end.previous = revision ? revision->previous : "";
        if (use(end)) {
            item.ended_at = milliseconds_of(time);
            item.number = end.number;
            item.previous = std::move(end.previous);
            item.note = std::move(end.note);
            item.bucket = now.bucket;
        } else if (revision) {
            revisions.undo_end(natural_key);
        }
        changed(list, natural_key, item);
    }
}

std::optional<Ended> SourceListings::find_ended(std::string_view list, std::string_view natural_key) const {
    const auto found = lists_.find(list);
    if (found == lists_.end()) {
        return std::nullopt;
    }
    const auto item = found->second.find(natural_key);
    return item == found->second.end() || item->second.ended_at == 0
               ? std::nullopt
               : std::optional(ended_of(item->first, item->second));
}

void SourceListings::reject(RevisionLedger& revisions, std::uint32_t answer) {
    for (auto& [list, items] : lists_) {
        for (auto item = items.begin(); item != items.end();) {
            if (item->second.since != answer) {
                ++item;
            } else if (item->second.before == nullptr) {
                item = items.erase(item);
            } else {
                if (item->second.ended_at != 0) { // what had ended before no answer changes but by listing it
                    revisions.undo_end(item->first);
                }
                const auto before = std::move(item->second.before);
                const bool dirty = item->second.dirty;
                item->second = *before;
                item->second.dirty = dirty;
                changed(list, item->first, item->second);
                ++item;
            }
        }
    }
}

void SourceListings::take_changes(std::vector<Change>& into) {
    into.clear();
    for (auto& [list, natural_key] : changes_) {
        if (Item* item = find(list, natural_key)) {
            item->dirty = false;
            into.push_back({.list = std::move(list), .natural_key = std::move(natural_key), .item = *item});
        }
    }
    changes_.clear();
}

void SourceListings::put_back(const std::vector<Change>& changes) {
    for (const Change& change : changes) {
        if (Item* item = find(change.list, change.natural_key)) {
            changed(change.list, change.natural_key, *item);
        }
    }
}

void SourceListings::restore(Change stored) {
    auto [place, is_new] = lists_[std::move(stored.list)].try_emplace(std::move(stored.natural_key));
    if (is_new || place->second.bucket <= stored.item.bucket) { // the later one is restored later
        place->second = std::move(stored.item);
    }
}

void SourceListings::forget_before(std::uint32_t bucket) {
    for (auto& [list, items] : lists_) {
        std::erase_if(items, [&](const auto& item) { return item.second.bucket + 1 < bucket && !item.second.dirty; });
    }
    std::erase_if(lists_, [](const auto& list) { return list.second.empty(); });
}

void SourceListings::move_to(std::uint32_t bucket) {
    for (auto& [list, items] : lists_) {
        for (auto& [natural_key, item] : items) {
            item.bucket = bucket;
            changed(list, natural_key, item);
        }
    }
}

void SourceListings::clear() {
    lists_.clear();
    changes_.clear();
}

std::size_t SourceListings::size() const noexcept {
    std::size_t sum = 0;
    for (const auto& [list, items] : lists_) {
        sum += items.size();
    }
    return sum;
}

SourceListings::Item* SourceListings::find(std::string_view list, std::string_view natural_key) {
    const auto found = lists_.find(list);
    if (found == lists_.end()) {
        return nullptr;
    }
    const auto item = found->second.find(natural_key);
    return item == found->second.end() ? nullptr : &item->second;
}

void SourceListings::changed(std::string_view list, std::string_view natural_key, Item& item) {
    if (lists_changes_ && !item.dirty) {
        item.dirty = true;
        changes_.emplace_back(list, natural_key);
    }
}

} // namespace streaming
