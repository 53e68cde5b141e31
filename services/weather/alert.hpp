#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/event_types.hpp"

namespace services::weather {

/// A watch, warning or advisory of the NWS (CAP 1.2) as it stands on the list of active ones. Times are RFC 3339, UTC.
struct Alert {
    std::string id{};           ///< urn:oid:...
    std::string event{};        ///< such as Red Flag Warning
    std::string status{};       ///< Actual; not of real danger are Exercise, System, Test, Draft. Empty = not said
    std::string message_type{}; ///< Alert, Update, Cancel
    std::string severity{};
    std::string certainty{};
    std::string urgency{};
    std::string sender{};
    std::string area{}; ///< in words
    std::string headline{};
    std::string description{};
    std::string instruction{};
    std::string sent{};
    std::string effective{};
    std::string onset{};              ///< empty = with `effective`
    std::string expires{};            ///< of the message; as `ends`, 2261-12-31T23:59:59.000Z for any later time
    std::string ends{};               ///< of what it warns of; empty = not said
    std::vector<std::string> zones{}; ///< such as fire/COZ222, county/ALC073
    std::vector<std::string> vtec{};
    std::vector<std::string> references{}; ///< ids of the messages that it replaces
    nlohmann::json geometry{};             ///< GeoJSON, mostly null: then the zones say where

    std::string feed{};    ///< which list it was on
    std::string content{}; ///< json_content_hash of what the NWS sent
    unsigned revision = 0; ///< counts what was said about this id
    /// SHA-256 of the properties as the NWS sent them, as JSON in one form: members in the order of their names, no
    /// blanks. By this the NWS's own site tells alerts apart.
    std::string properties_sha256{};
};

struct AlertIssued : Alert {
    static constexpr std::string_view event_type = streaming::EventType::weather_alert_issued;
};
/// The same id with other content.
struct AlertUpdated : Alert {
    static constexpr std::string_view event_type = streaming::EventType::weather_alert_updated;
    std::string revises{}; ///< `content` of what this one replaces; empty = not said
};

/// An alert that is no longer on the list, or that a Cancel on the list names.
struct AlertEnd {
    std::string id{};
    std::string event{};
    std::string reason{};       ///< expired, replaced, cancelled
    std::string replaced_by{};  ///< id; only when replaced
    std::string cancelled_by{}; ///< id of the Cancel; empty = none said so
    /// When it was found missing, or when the Cancel was sent of an alert that was never seen.
    std::string ended_at{};
    std::string key{}; ///< Kafka key of what was said about it
    std::string feed{};
    unsigned revision = 0;
};
/// It was replaced by another one, or taken back before its time.
struct AlertCancelled : AlertEnd {
    static constexpr std::string_view event_type = streaming::EventType::weather_alert_cancelled;
};
/// Its time is over.
struct AlertExpired : AlertEnd {
    static constexpr std::string_view event_type = streaming::EventType::weather_alert_expired;
};

void to_json(nlohmann::json& into, const Alert& alert);
void from_json(const nlohmann::json& from, Alert& alert);
void to_json(nlohmann::json& into, const AlertUpdated& updated);
void from_json(const nlohmann::json& from, AlertUpdated& updated);
void to_json(nlohmann::json& into, const AlertEnd& end);
void from_json(const nlohmann::json& from, AlertEnd& end);

/// A feature of /alerts/active. Throws std::exception, naming the property, when it cannot be understood.
[[nodiscard]] Alert to_alert(const nlohmann::json& feature);

/// Kafka key: all that is said about one hazard, in order. Office, phenomenon, significance and number of the first
/// VTEC ("KPUB.FW.A.0036"), without one the id without the numbers of its version.
[[nodiscard]] std::string key_of(const Alert& alert);

/// Whether the message itself says that the hazard is over: it is a Cancel, or its VTEC actions are all CAN, EXP or
/// UPG.
[[nodiscard]] bool says_it_is_over(const Alert& alert);

} // namespace services::weather
