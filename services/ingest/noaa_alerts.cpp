#include "services/ingest/noaa_alerts.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "services/contested.hpp"
#include "services/shown.hpp"
#include "services/weather/alert.hpp"
#include "services/weather/geojson.hpp"

namespace services::ingest {
namespace {

namespace weather = services::weather;
using nlohmann::json;
using streaming::Ended;
using weather::Alert;

constexpr std::string_view kList = "alerts";

/// When nobody needs to be warned any longer: the later of the two, since messages are renewed before they expire.
const std::string& last_of(const Alert& alert) { return std::max(alert.ends, alert.expires); }

std::string text(std::chrono::system_clock::time_point time) {
    std::string written;
    streaming::append_rfc3339(written, time);
    return written;
}

bool is_cancel(const Alert& alert) { return alert.message_type == "Cancel"; }

bool is_sent_before(const Alert& one, const Alert& other) {
    return std::tie(one.sent, one.id) < std::tie(other.sent, other.id);
}

/// By the id of an alert the message that says it is over, or replaced.
using SaidBy = std::map<std::string, const Alert*, std::less<>>;

/// Of several Cancels of an alert the first one: what comes later tells nothing new.
SaidBy cancels_in(const std::vector<Alert>& alerts) {
    SaidBy cancels;
    for (const Alert& alert : alerts) {
        for (const std::string& id : is_cancel(alert) ? alert.references : std::vector<std::string>{}) {
            const Alert*& by = cancels[id];
            by = by == nullptr || is_sent_before(alert, *by) ? &alert : by;
        }
    }
    return cancels;
}

/// Of several messages that replace an alert the last one.
SaidBy replacements_in(const std::vector<Alert>& alerts) {
    SaidBy replaced;
    for (const Alert& alert : alerts) {
        for (const std::string& id : is_cancel(alert) ? std::vector<std::string>{} : alert.references) {
            const Alert*& by = replaced[id];
            by = by == nullptr || is_sent_before(*by, alert) ? &alert : by;
        }
    }
    return replaced;
}

/// What an answer says of alerts.
struct Read {
    std::vector<Alert> alerts{};
    std::set<std::string> rejected{}; ///< ids: what became of them is not said
    bool whole = true;                ///< false: one was rejected that may be one of those we know
};

/// Ids are not quite unique (the NWS's own site found some twice): the newest message of an id counts, of two at one
/// time always the same one.
void keep_one_of_each(std::vector<Alert>& alerts, const std::vector<const json*>& features,
                      streaming::SourceContext& context) {
    std::vector<Told> told;
    for (const Alert& alert : alerts) {
        told.push_back({.natural_key = alert.id, .content = alert.sent + '|' + alert.content});
    }
    const std::vector<std::size_t> counting = counting_rows(told);
    std::vector<Alert> kept;
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        if (counting[i] == i) {
            kept.push_back(std::move(alerts[i]));
        } else {
            context.reject(
                features[i]->dump(),
                fmt::format("id: {} stands in the answer twice, and the other one counts", shown(told[i].natural_key)));
        }
    }
    alerts = std::move(kept);
}

/// Alerts of an answer, each id once or as often as it says the same. The others are rejected.
Read read_alerts(const json& list, const streaming::TimeGate& gate, streaming::SourceContext& context) {
    Read read;
    std::vector<const json*> features; // of the alerts
    for (const json& feature : list) {
        try {
            Alert alert = weather::to_alert(feature);
            gate.check("sent", streaming::parse_rfc3339(alert.sent).value(), context.now());
            if (!alert.status.empty() && alert.status != "Actual") { // nothing that anybody has to act on
                context.reject(feature.dump(), fmt::format("status: {} is not Actual", shown(alert.status)));
                read.rejected.insert(alert.id);
                continue;
            }
            if (is_cancel(alert) && alert.references.empty()) {
                context.reject(feature.dump(), "references: a Cancel must name what it cancels");
                read.whole = false;
                continue;
            }
            read.alerts.push_back(std::move(alert));
            features.push_back(&feature);
        } catch (const std::exception& problem) {
            context.reject(feature.dump(), problem.what());
            read.whole = false;
        }
    }
    keep_one_of_each(read.alerts, features, context);
    return read;
}

/// One list of alerts over time. Used by one thread.
class AlertFeed {
public:
    AlertFeed(std::string feed, streaming::TimeGate gate, streaming::Clock& clock)
        : feed_(std::move(feed)), gate_(gate), clock_(clock) {}

    void record(const streaming::Response& answer, streaming::SourceContext& context) {
        const weather::Features active = weather::read_features(answer.body);
        if (!active.updated.empty()) {
            context.payload_is_of(streaming::parse_rfc3339(active.updated).value());
        }
        auto [alerts, rejected, whole] = read_alerts(active.list, gate_, context);
        const bool complete = active.complete && whole; // a rejected one is not missing
        now_ = text(clock_.system_now());
        is_old_ = !active.updated.empty() && active.updated < updated_;
        const SaidBy cancels = cancels_in(alerts);
        remember(cancels);
        for (Alert& alert : alerts) {
            if (!is_cancel(alert) && !cancelled_.contains(alert.id)) {
                record(alert, context);
            }
        }
        if (complete) {
            record_ends(rejected, replacements_in(alerts), is_fresh(active.updated), context);
        }
        record_cancels(cancels, context);
    }

private:
    void record(Alert& alert, streaming::SourceContext& context) {
        const auto end = context.find_ended(kList, alert.id);
        if (end && (is_old_ || last_of(alert) <= now_ || end->note.starts_with(kCancelled) ||
                    (end->previous == alert.content && end->note != kMissing))) {
            return; // an old list that shows it again is no news, unless it was only missing; a cancelled one is over
        }
        const std::string key = key_of(alert);
        context.listed(kList, alert.id, key, json({{"event", alert.event}, {"last", last_of(alert)}}).dump());
        const streaming::Revision revision = context.revision_of_hash(alert.id, alert.content);
        alert.feed = feed_;
        alert.revision = revision.number;
        const std::string natural_key = fmt::format("{}|{}|{}", alert.id, alert.revision, alert.content);
        if (alert.revision == 0 || revision.returned) {
            context.emit(natural_key, key, weather::AlertIssued{alert});
        } else {
            context.emit(natural_key, key, weather::AlertUpdated{{alert}, revision.previous});
        }
    }

    void record_ends(const std::set<std::string>& rejected, const SaidBy& replaced, bool fresh,
                     streaming::SourceContext& context) {
        context.ended(kList, [&](Ended& end) {
            if (rejected.contains(end.natural_key)) {
                return false;
            }
            const json listed = json::parse(end.summary);
            if (end.note.empty()) {
                const auto cancel = cancelled_.find(end.natural_key);
                const auto by = replaced.find(end.natural_key);
                end.note = cancel != cancelled_.end()  ? kCancelled + cancel->second
                           : by != replaced.end()      ? kReplaced + by->second->id
                           : listed.at("last") <= now_ ? "expired"
                                                       : kMissing;
            }
            if (end.note == kMissing && end.missing < 2 && !fresh) {
                return false; // a cache may have given out an old list
            }
            tell(end, listed.at("event"), context);
            return true;
        });
    }

    /// What was cancelled does not come back: an old list may show it, also one that was never seen before.
    void remember(const SaidBy& cancels) {
        constexpr std::size_t kMost = 10'000; // of some hundred a day
        if (cancelled_.size() + cancels.size() > kMost) {
            cancelled_.clear();
        }
        for (const auto& [id, by] : cancels) {
            cancelled_.try_emplace(id, by->id);
        }
    }

    /// Of alerts that have not been seen, or that a list which ends nothing shows. What had ended already was told.
    void record_cancels(const SaidBy& cancels, streaming::SourceContext& context) const {
        for (const auto& [id, by] : cancels) {
            if (context.find_ended(kList, id)) {
                continue;
            }
            const weather::AlertEnd end{.id = id,
                                        .event = by->event,
                                        .reason = "cancelled",
                                        .cancelled_by = by->id,
                                        .ended_at = by->sent,
                                        .key = key_of(by->vtec.empty() ? Alert{.id = id} : *by),
                                        .feed = feed_};
            context.emit(cancelled_key(end), end.key, weather::AlertCancelled{end});
        }
    }

    /// The same whether the alert was seen or not.
    static std::string cancelled_key(const weather::AlertEnd& end) {
        return fmt::format("{}|{}{}", end.id, kCancelled, end.cancelled_by);
    }

    void tell(const Ended& ended, const std::string& event, streaming::SourceContext& context) const {
        const auto behind = [&ended](const std::string& prefix) {
            return ended.note.starts_with(prefix) ? ended.note.substr(prefix.size()) : "";
        };
        weather::AlertEnd end{.id = ended.natural_key,
                              .event = event,
                              .reason = "cancelled",
                              .replaced_by = behind(kReplaced),
                              .cancelled_by = behind(kCancelled),
                              .ended_at = text(ended.at),
                              .key = ended.kafka_key,
                              .feed = feed_,
                              .revision = ended.number};
        if (ended.note == "expired") {
            end.reason = "expired";
            context.emit(streaming::SourceContext::ended_key(ended), end.key, weather::AlertExpired{end});
            return;
        }
        if (!end.replaced_by.empty()) {
            end.reason = "replaced";
        }
        context.emit(end.cancelled_by.empty() ? streaming::SourceContext::ended_key(ended) : cancelled_key(end),
                     end.key, weather::AlertCancelled{end});
    }

    /// The list says when it was made; one that is older than another came from a cache.
    bool is_fresh(const std::string& updated) {
        const bool fresh = !updated.empty() && updated >= updated_;
        updated_ = std::max(updated_, updated);
        return fresh;
    }

    inline static const std::string kReplaced = "replaced by ";
    inline static const std::string kCancelled = "cancelled by ";
    inline static const std::string kMissing = "missing"; ///< cancelled, as nothing says otherwise

    const std::string feed_;
    const streaming::TimeGate gate_;
    streaming::Clock& clock_;
    std::string now_{};
    std::string updated_{};                                       ///< of the newest list so far
    bool is_old_ = false;                                         ///< the list that is being read
    std::map<std::string, std::string, std::less<>> cancelled_{}; ///< the alert, and which Cancel said so
};

} // namespace

streaming::SourceHandler alerts_handler(const std::string& feed, streaming::TimeGate gate, streaming::Clock& clock) {
    return
        [alerts = std::make_shared<AlertFeed>(feed, gate, clock)](
            const streaming::Response& answer, streaming::SourceContext& context) { alerts->record(answer, context); };
}

} // namespace services::ingest
