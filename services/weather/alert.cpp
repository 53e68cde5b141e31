#include "services/weather/alert.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/streaming/patterns/run_service.hpp"
#include "core/streaming/patterns/source_type.hpp"
#include "services/weather/geojson.hpp"
#include "services/weather/members.hpp"

namespace services::weather {
namespace {

/// How a text is called by api.weather.gov and in our event.
struct Text {
    const char* property;
    const char* field;
    std::string Alert::*member;
};
constexpr std::array kTexts{Text{"id", "id", &Alert::id},
                            Text{"event", "event", &Alert::event},
                            Text{"status", "status", &Alert::status},
                            Text{"messageType", "message_type", &Alert::message_type},
                            Text{"severity", "severity", &Alert::severity},
                            Text{"certainty", "certainty", &Alert::certainty},
                            Text{"urgency", "urgency", &Alert::urgency},
                            Text{"senderName", "sender", &Alert::sender},
                            Text{"areaDesc", "area", &Alert::area},
                            Text{"headline", "headline", &Alert::headline},
                            Text{"description", "description", &Alert::description},
                            Text{"instruction", "instruction", &Alert::instruction}};
constexpr std::array kTimes{Text{"sent", "sent", &Alert::sent}, Text{"effective", "effective", &Alert::effective},
                            Text{"onset", "onset", &Alert::onset}};
constexpr std::array kLastTimes{Text{"expires", "expires", &Alert::expires}, Text{"ends", "ends", &Alert::ends}};

/// Ours, not of the NWS.
constexpr std::array kNotes{Text{"", "feed", &Alert::feed}, Text{"", "content", &Alert::content},
                            Text{"", "properties_sha256", &Alert::properties_sha256}};

/// The members of an array; nothing when it is absent or null.
std::vector<std::string> texts_of(const nlohmann::json& from, std::string_view name) {
    const auto found = from.find(name);
    return found == from.end() || found->is_null() ? std::vector<std::string>{}
                                                   : found->get<std::vector<std::string>>();
}

/// What json_content_hash gives of a list of both, which is not made for it: an alert has some 10 kB.
std::string hash_of(const std::string& properties, const nlohmann::json& geometry) {
    const std::string text = '[' + properties + ',' + streaming::json_text(geometry) + ']';
    const std::array<std::string_view, 1> parts{text};
    return streaming::to_string(streaming::derive_uuid_v8({}, parts, 0));
}

/// The parts of "/O.NEW.KPUB.FW.A.0036.251217T1800Z-251218T0100Z/": O, NEW, KPUB, FW, A, 0036, ...
std::vector<std::string_view> parts_of(std::string_view vtec) {
    std::vector<std::string_view> parts;
    vtec.remove_prefix(vtec.starts_with('/') ? 1 : 0);
    for (std::size_t dot = vtec.find('.'); dot != std::string_view::npos; dot = vtec.find('.')) {
        parts.push_back(vtec.substr(0, dot));
        vtec.remove_prefix(dot + 1);
    }
    parts.push_back(vtec);
    return parts;
}

} // namespace

void to_json(nlohmann::json& into, const Alert& alert) {
    into = {{"zones", alert.zones}, {"revision", alert.revision}};
    const auto write = [&](const auto& texts) {
        for (const Text& text : texts) {
            if (const std::string& value = alert.*text.member; !value.empty()) {
                into[text.field] = value;
            }
        }
    };
    write(kTexts);
    write(kTimes);
    write(kLastTimes);
    write(kNotes);
    if (!alert.vtec.empty()) {
        into["vtec"] = alert.vtec;
    }
    if (!alert.references.empty()) {
        into["references"] = alert.references;
    }
    if (!alert.geometry.is_null()) {
        into["geometry"] = alert.geometry;
    }
}

void from_json(const nlohmann::json& from, Alert& alert) {
    from.at("id").get_to(alert.id);
    from.at("event").get_to(alert.event);
    from.at("zones").get_to(alert.zones);
    from.at("revision").get_to(alert.revision);
    const auto read = [&](const auto& texts) {
        for (const Text& text : texts) {
            alert.*text.member = text_of(from, text.field);
        }
    };
    read(kTexts);
    read(kTimes);
    read(kLastTimes);
    read(kNotes);
    alert.vtec = texts_of(from, "vtec");
    alert.references = texts_of(from, "references");
    alert.geometry = from.value("geometry", nlohmann::json());
}

void to_json(nlohmann::json& into, const AlertUpdated& updated) {
    to_json(into, static_cast<const Alert&>(updated));
    if (!updated.revises.empty()) {
        into["revises"] = updated.revises;
    }
}

void from_json(const nlohmann::json& from, AlertUpdated& updated) {
    from_json(from, static_cast<Alert&>(updated));
    updated.revises = text_of(from, "revises");
}

void to_json(nlohmann::json& into, const AlertEnd& end) {
    into = {{"id", end.id},   {"event", end.event}, {"reason", end.reason},    {"ended_at", end.ended_at},
            {"key", end.key}, {"feed", end.feed},   {"revision", end.revision}};
    if (!end.replaced_by.empty()) {
        into["replaced_by"] = end.replaced_by;
    }
    if (!end.cancelled_by.empty()) {
        into["cancelled_by"] = end.cancelled_by;
    }
}

void from_json(const nlohmann::json& from, AlertEnd& end) {
    from.at("id").get_to(end.id);
    from.at("event").get_to(end.event);
    from.at("reason").get_to(end.reason);
    from.at("ended_at").get_to(end.ended_at);
    from.at("revision").get_to(end.revision);
    end.key = text_of(from, "key");
    end.feed = text_of(from, "feed");
    end.replaced_by = text_of(from, "replaced_by");
    end.cancelled_by = text_of(from, "cancelled_by");
}

Alert to_alert(const nlohmann::json& feature) {
    const Members properties = properties_of(feature);
    Alert alert;
    // Asked first: of those that may be absent, null is allowed.
    for (const auto& [name, such_as] :
         {std::pair("id", "urn:oid:2.49.0.1.840.0.1.001.1"), std::pair("event", "Red Flag Warning"),
          std::pair("sent", "2024-02-20T15:53:00Z"), std::pair("expires", "2024-02-20T15:53:00Z")}) {
        (void)properties.text(name, such_as);
    }
    for (const Text& text : kTexts) {
        alert.*text.member = properties.text_or_none(text.property);
    }
    for (const Text& time : kTimes) {
        alert.*time.member = properties.time_or_none(time.property);
    }
    for (const Text& time : kLastTimes) {
        alert.*time.member = properties.last_time_or_none(time.property);
    }
    for (const std::string& zone : properties.texts("affectedZones")) {
        alert.zones.push_back(zone_of(zone, "affectedZones"));
    }
    if (!properties.at("parameters").is_null()) {
        alert.vtec = properties.object("parameters").texts("VTEC");
    }
    const nlohmann::json& references = properties.at("references");
    if (!references.is_null() && !references.is_array()) {
        properties.refuse("references", "a list of objects");
    }
    for (const nlohmann::json& reference : references) {
        alert.references.push_back(
            Members(reference, "references", "references.").text("identifier", "urn:oid:2.49.0.1.840.0.1.001.1"));
    }
    const Members members(feature, "feature");
    alert.geometry = members.at("geometry");
    if (!alert.geometry.is_null() && !alert.geometry.is_object()) {
        members.refuse("geometry", "an object, or null");
    }
    const std::string text = streaming::json_text(feature.at("properties"));
    alert.content = hash_of(text, alert.geometry);
    alert.properties_sha256 = streaming::sha256_hex(text);
    return alert;
}

std::string key_of(const Alert& alert) {
    if (!alert.vtec.empty()) {
        if (const auto parts = parts_of(alert.vtec.front()); parts.size() > 5) {
            std::string key(parts[2]);
            for (const std::string_view part : {parts[3], parts[4], parts[5]}) {
                key.append(1, '.').append(part);
            }
            return key;
        }
    }
    // urn:oid:2.49.0.1.840.0.<hash>.NNN.N
    const std::size_t version = alert.id.rfind('.');
    const std::size_t message =
        version == 0 || version == std::string::npos ? std::string::npos : alert.id.rfind('.', version - 1);
    return alert.id.substr(0, message);
}

bool says_it_is_over(const Alert& alert) {
    const auto over = [](const std::string& vtec) {
        const auto parts = parts_of(vtec);
        return parts.size() > 1 && (parts[1] == "CAN" || parts[1] == "EXP" || parts[1] == "UPG");
    };
    return alert.message_type == "Cancel" || (!alert.vtec.empty() && std::ranges::all_of(alert.vtec, over));
}

} // namespace services::weather
