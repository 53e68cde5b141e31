#include "services/weather/weather.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>

#include "services/flags.hpp"
#include "services/weather/alert.hpp"
#include "services/weather/observation.hpp"
#include "services/weather/station.hpp"

namespace services::weather {
namespace {

const std::string kTopic{streaming::TopicNames::weather};
constexpr std::size_t kStationsAtOnce = 50;
constexpr std::chrono::hours kStationsInterval{1}; // they hardly ever change

void refuse_unless_word(const std::string& flag, const std::string& word) {
    if (!std::ranges::all_of(word, [](unsigned char letter) { return std::isalnum(letter) != 0; })) {
        refuse_flag(flag, word, "letters and digits only");
    }
}

/// Adds sources that differ in name, path and interval.
class Sources {
public:
    explicit Sources(streaming::StreamServiceBuilder& service)
        : service_(service), api_(base_url(service.settings(), "api")) {}

    void add(const std::string& name, const std::string& path, std::chrono::seconds interval,
             streaming::SourceHandler handler) {
        service_.add_source({.name = name,
                             .topic = kTopic,
                             .ingestion = {.polling_interval = interval},
                             .http = {.user_agent = service_.settings().flag("user-agent")}},
                            std::make_unique<streaming::HttpConnector>(streaming::HttpConnector::Options{
                                .url = api_ + path, .headers = {{"Accept", "application/geo+json"}}}),
                            std::move(handler));
    }

private:
    streaming::StreamServiceBuilder& service_;
    std::string api_;
};

/// "off": nothing. "all", states ("CA,NV") or zones ("CAZ006,COC008"): the query of /alerts/active.
std::string alerts_query(const streaming::Settings& settings) {
    if (settings.flag("alerts") == "off") {
        return "";
    }
    const std::vector<std::string> places = list(settings, "alerts");
    if (places.size() == 1 && places[0] == "all") {
        return "status=actual";
    }
    for (const std::string& place : places) {
        refuse_unless_word("alerts", place);
        if (place.size() != places[0].size() || (place.size() != 2 && place.size() != 6)) {
            refuse_flag("alerts", settings.flag("alerts"),
                        "off, all, states such as CA,NV or zones such as CAZ006,COC008");
        }
    }
    return fmt::format("status=actual&{}={}", places[0].size() == 2 ? "area" : "zone", fmt::join(places, ","));
}

/// A handler that tells a ledger what is on the topic.
template <class T, class Ledger>
void learn(streaming::StreamServiceBuilder& service, std::shared_ptr<Ledger> ledger) {
    service.add_consumer_handler<T>({.topics = {kTopic},
                                     .group_id = service.settings().group_id_prefix + ".weather.ledger",
                                     .broadcast = true,
                                     .catch_up_first = true},
                                    [ledger](const T& event, streaming::Context&) {
                                        if constexpr (requires { ledger->learn(event, event.revision); }) {
                                            ledger->learn(event, event.revision);
                                        } else {
                                            ledger->learn(event);
                                        }
                                    });
}

/// Calls `use` for each feature; one that cannot be understood is rejected alone.
template <class Use>
void for_each(const nlohmann::json& features, streaming::SourceContext& context, Use use) {
    for (const nlohmann::json& feature : features) {
        try {
            use(feature);
        } catch (const std::exception& problem) {
            context.reject(feature.dump(), problem.what());
        }
    }
}

void add_stations(Sources& sources, const std::vector<std::string>& stations) {
    for (std::size_t first = 0; first < stations.size(); first += kStationsAtOnce) {
        const auto begin = stations.begin() + static_cast<std::ptrdiff_t>(first);
        const auto end = begin + static_cast<std::ptrdiff_t>(std::min(kStationsAtOnce, stations.size() - first));
        sources.add("nws_stations_" + std::to_string(first / kStationsAtOnce),
                    fmt::format("/stations?id={}&limit=500", fmt::join(begin, end, ",")), kStationsInterval,
                    record_stations);
    }
}

} // namespace

std::vector<streaming::ServiceFlag> flags() {
    return {{.name = "stations", .help = "NWS stations, with commas between them", .fallback = "KBHM,KLIT,KFLG"},
            {.name = "alerts",
             .help = "active alerts of: states (CA,NV), zones (CAZ006,COC008), all, or off",
             .fallback = "off"},
            {.name = "api", .help = "base URL of the API", .fallback = "https://api.weather.gov"},
            {.name = "user-agent",
             .help = "who asks: application and contact",
             .fallback = streaming::HttpOptions{}.user_agent},
            {.name = "poll-seconds", .help = "time between two polls of a station", .fallback = "120"},
            {.name = "alerts-poll-seconds", .help = "time between two polls of the alerts", .fallback = "60"}};
}

void record_observations(const streaming::Response& answer, const ObservationLedger& ledger,
                         streaming::SourceContext& context) {
    for_each(features(answer.body), context, [&](const nlohmann::json& feature) {
        const Observation observation = to_observation(feature);
        const auto known = ledger.find(observation);
        if (!known) {
            context.emit(natural_key(observation), observation.station, observation);
            return;
        }
        if (const std::string content = content_of(observation); known->content != content) {
            const ObservationRevised revised{observation, known->revision + 1, known->content};
            context.emit(fmt::format("{}|{}|{}", natural_key(observation), revised.revision, content),
                         observation.station, revised);
        }
    });
}

void record_alerts(const streaming::Response& answer, AlertLedger& ledger, const Now& now,
                   streaming::SourceContext& context) {
    const Features active = read_features(answer.body);
    AlertLedger::List list{.complete = active.complete, .now = now()};
    for_each(active.list, context, [&](const nlohmann::json& feature) { list.alerts.push_back(to_alert(feature)); });
    list.complete = list.complete && list.alerts.size() == active.list.size(); // a rejected one is not missing
    const AlertLedger::News news = ledger.news(std::move(list));
    const auto tell = [&](const auto& alerts) {
        for (const auto& alert : alerts) {
            context.emit(fmt::format("{}|{}|{}", alert.id, alert.revision, alert.content), key_of(alert), alert);
        }
    };
    const auto tell_ends = [&](const auto& ends) {
        for (const auto& end : ends) {
            context.emit(fmt::format("{}|{}|end", end.id, end.revision), end.key, end);
        }
    };
    tell(news.issued); // what replaces comes before the end of what is replaced: no gap between them
    tell(news.updated);
    tell_ends(news.cancelled);
    tell_ends(news.expired);
}

void record_stations(const streaming::Response& answer, streaming::SourceContext& context) {
    for_each(features(answer.body), context, [&](const nlohmann::json& feature) {
        const Station station = to_station(feature);
        context.emit(station.station + '|' + content_hash(nlohmann::json(station)), station.station, station);
    });
}

void wire(streaming::StreamServiceBuilder& service) { wire_at(service, std::chrono::system_clock::now); }

void wire_at(streaming::StreamServiceBuilder& service, const Now& now) {
    const streaming::Settings& settings = service.settings();
    Sources sources(service);
    const auto observations = std::make_shared<ObservationLedger>();
    learn<Observation>(service, observations);
    learn<ObservationRevised>(service, observations);
    const std::vector<std::string> stations = list(settings, "stations");
    for (const std::string& station : stations) {
        refuse_unless_word("stations", station);
        sources.add("nws_" + station, "/stations/" + station + "/observations?limit=1",
                    std::chrono::seconds(whole_number(settings, "poll-seconds", 1, 86'400)),
                    [observations](const streaming::Response& answer, streaming::SourceContext& context) {
                        record_observations(answer, *observations, context);
                    });
    }
    const std::string query = alerts_query(settings);
    if (query.empty()) {
        return;
    }
    const auto alerts = std::make_shared<AlertLedger>(query);
    learn<AlertIssued>(service, alerts);
    learn<AlertUpdated>(service, alerts);
    learn<AlertCancelled>(service, alerts);
    learn<AlertExpired>(service, alerts);
    sources.add("nws_alerts", "/alerts/active?" + query,
                std::chrono::seconds(whole_number(settings, "alerts-poll-seconds", 30, 86'400)),
                [alerts, now](const streaming::Response& answer, streaming::SourceContext& context) {
                    record_alerts(answer, *alerts, now, context);
                });
    add_stations(sources, stations);
}

} // namespace services::weather
