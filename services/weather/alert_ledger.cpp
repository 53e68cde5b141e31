#include "services/weather/alert_ledger.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "core/streaming/patterns/run_service.hpp"

namespace services::weather {
namespace {

/// Longer than sources remember ids (48 h): an alert that comes back within it must get another one.
constexpr std::chrono::hours kRemembered{72};
/// Answers in a row that must lack an alert before it counts as cancelled.
constexpr unsigned kMissing = 2;

std::string text(std::chrono::system_clock::time_point time) {
    std::string written;
    streaming::append_rfc3339(written, time);
    return written;
}

/// When nobody needs to be warned any longer: the later of the two, since messages are renewed before they expire.
const std::string& last_of(const Alert& alert) { return std::max(alert.ends, alert.expires); }

/// Ids are not quite unique (the NWS's own site found some twice): the newest message of an id counts.
void keep_newest(std::vector<Alert>& alerts) {
    std::ranges::stable_sort(alerts, [](const Alert& a, const Alert& b) {
        return std::tie(a.id, b.sent) < std::tie(b.id, a.sent); // newest first
    });
    const auto rest = std::ranges::unique(alerts, {}, &Alert::id);
    alerts.erase(rest.begin(), rest.end());
}

} // namespace

void AlertLedger::learn(const Alert& alert) {
    if (alert.feed != feed_) {
        return;
    }
    const std::lock_guard lock(entries_mutex_);
    Entry& entry = entries_[alert.id];
    if (entry.content.empty() || alert.revision >= entry.revision) {
        entry = {.event = alert.event,
                 .key = key_of(alert),
                 .content = alert.content,
                 .last = last_of(alert),
                 .revision = alert.revision};
    }
}

void AlertLedger::learn(const AlertEnd& end) {
    if (end.feed != feed_) {
        return;
    }
    const std::lock_guard lock(entries_mutex_);
    if (const auto found = entries_.find(end.id); found != entries_.end() && end.revision >= found->second.revision) {
        found->second.reason = end.reason;
        found->second.revision = end.revision;
        found->second.last = end.ended_at;
    }
}

AlertLedger::News AlertLedger::news(List list) {
    News news;
    keep_newest(list.alerts);
    const std::string now = text(list.now);
    const std::lock_guard lock(entries_mutex_);
    add_missing(list, now, news);
    for (Alert& alert : list.alerts) {
        add_present(std::move(alert), now, news);
    }
    forget(list.now);
    return news;
}

void AlertLedger::add_present(Alert alert, const std::string& now, News& news) {
    alert.feed = feed_;
    const auto known = entries_.find(alert.id);
    if (known == entries_.end()) {
        news.issued.push_back({std::move(alert)});
        return;
    }
    Entry& entry = known->second;
    entry.missing = 0;
    const bool same = entry.content == alert.content;
    alert.revision = entry.revision + 1;
    if (entry.ended()) {
        // An old list that shows it again is no news, unless it was only missing.
        if (last_of(alert) > now && (!same || entry.reason == "cancelled")) {
            news.issued.push_back({std::move(alert)});
        }
    } else if (!same) {
        news.updated.push_back({std::move(alert)});
    }
}

void AlertLedger::add_missing(const List& list, const std::string& now, News& news) {
    std::set<std::string_view> present;
    std::map<std::string_view, const Alert*> replaced;
    for (const Alert& alert : list.alerts) {
        present.insert(alert.id);
        for (const std::string& id : alert.references) {
            replaced.emplace(id, &alert);
        }
    }
    for (auto& [id, entry] : entries_) {
        if (entry.ended() || present.contains(id)) {
            continue;
        }
        AlertEnd end{.id = id,
                     .event = entry.event,
                     .ended_at = now,
                     .key = entry.key,
                     .feed = feed_,
                     .revision = entry.revision + 1};
        const auto by = replaced.find(id);
        if (by != replaced.end() && by->second->message_type != "Cancel") {
            end.reason = "replaced";
            end.replaced_by = by->second->id;
            news.cancelled.push_back({std::move(end)});
        } else if (by != replaced.end()) {
            end.reason = "cancelled";
            news.cancelled.push_back({std::move(end)});
        } else if (entry.last <= now) {
            end.reason = "expired";
            news.expired.push_back({std::move(end)});
        } else if (list.complete && ++entry.missing >= kMissing) {
            end.reason = "cancelled";
            news.cancelled.push_back({std::move(end)});
        }
    }
}

void AlertLedger::forget(time_point now) {
    const std::string before = text(now - kRemembered);
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.ended() && entry.second.last < before; });
}

} // namespace services::weather
