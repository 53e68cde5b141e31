#include "services/ingest/noaa_alerts.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "services/weather/weather.hpp"

namespace services::ingest {
namespace {

using streaming::SourceRow;
namespace weather = services::weather;

/// A producer gives a record up within minutes; a poll may come once an hour.
constexpr std::chrono::hours kSaidAgain{1};
constexpr unsigned kAnswers = 20;

/// One list of alerts over time. Used by one thread.
class AlertFeed {
public:
    AlertFeed(const std::string& feed, streaming::Clock& clock) : ledger_(feed), clock_(clock) {}

    void record(const streaming::Response& answer, streaming::SourceContext& context) {
        std::vector<SourceRow>& rows = context.rows();
        say_again(rows);
        const std::size_t first = rows.size();
        weather::record_alerts(
            answer, ledger_, [this] { return clock_.system_now(); }, context);
        for (std::size_t i = first; i < rows.size(); ++i) {
            if (!rows[i].rejected) {
                learn(rows[i].payload);
                said_.push_back({.row = rows[i], .until = clock_.now() + kSaidAgain});
            }
        }
    }

private:
    struct Said {
        SourceRow row{};
        streaming::Clock::steady_time until{};
        unsigned answers = 0;
    };

    void say_again(std::vector<SourceRow>& rows) {
        const auto now = clock_.now();
        while (!said_.empty() && said_.front().answers >= kAnswers && said_.front().until <= now) {
            said_.pop_front(); // in the order of time
        }
        for (Said& said : said_) {
            ++said.answers;
            rows.push_back(said.row);
        }
    }

    void learn(const std::string& envelope) {
        const nlohmann::json event = nlohmann::json::parse(envelope);
        const auto& type = event.at("type").get_ref<const std::string&>();
        if (type == weather::AlertIssued::event_type || type == weather::AlertUpdated::event_type) {
            ledger_.learn(event.at("data").get<weather::Alert>());
        } else {
            ledger_.learn(event.at("data").get<weather::AlertEnd>());
        }
    }

    weather::AlertLedger ledger_;
    streaming::Clock& clock_;
    std::deque<Said> said_{};
};

} // namespace

streaming::SourceHandler alerts_handler(const std::string& feed, streaming::Clock& clock) {
    return
        [alerts = std::make_shared<AlertFeed>(feed, clock)](
            const streaming::Response& answer, streaming::SourceContext& context) { alerts->record(answer, context); };
}

} // namespace services::ingest
