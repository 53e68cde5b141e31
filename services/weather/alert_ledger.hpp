#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "services/weather/alert.hpp"

namespace services::weather {

/// What was said on the topic about the alerts of one list, and what has to be said next.
///
/// It learns from the topic itself: after a restart it knows again what was said, and what was not delivered is said
/// again by the next poll. The feed keeps two services with different lists from ending each other's alerts.
/// Thread-safe: a consumer flow writes, a source reads.
class AlertLedger {
public:
    using time_point = std::chrono::system_clock::time_point;

    explicit AlertLedger(std::string feed) : feed_(std::move(feed)) {}

    void learn(const Alert& alert); ///< alerts of other feeds are none of its business
    void learn(const AlertEnd& end);

    struct News {
        std::vector<AlertIssued> issued{};
        std::vector<AlertUpdated> updated{};
        std::vector<AlertCancelled> cancelled{};
        std::vector<AlertExpired> expired{};
    };
    struct List {
        std::vector<Alert> alerts{};
        bool complete = true; ///< false: not all of them, so none is missing
        time_point now{};
    };
    /// What an answer changes. An alert that is missing ended: replaced when another one refers to it, expired when its
    /// time is over, and otherwise cancelled, once the next answer does not have it either (caches give out old lists).
    [[nodiscard]] News news(List list);

private:
    struct Entry {
        std::string event{};
        std::string key{};
        std::string content{};
        std::string last{}; ///< when its time is over, or when it was found to be
        std::string reason{};
        unsigned revision = 0;
        unsigned missing = 0; ///< answers in a row that did not have it
        [[nodiscard]] bool ended() const { return !reason.empty(); }
    };
    void add_present(Alert alert, const std::string& now, News& news);
    void add_missing(const List& list, const std::string& now, News& news);
    void forget(time_point now);

    const std::string feed_;
    std::mutex entries_mutex_{};
    std::map<std::string, Entry, std::less<>> entries_{}; ///< by id
};

} // namespace services::weather
