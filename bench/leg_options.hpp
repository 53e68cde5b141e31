#pragma once

#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace bench {

/// What one leg process is told: the same flags for the twin and for ours.
struct LegOptions {
    /// consume, copy, dedup, typed, slow, wrapper, start; the twin also: typed_whole, one_at_a_time; ours also: ingest,
    /// source, latency_continuous, latency_real_time, sources
    std::string leg{};
    std::string brokers{}; ///< host:port
    std::string topic{};
    std::string group{};
    std::string out{};        ///< output topic, of legs that send
    std::string redis{};      ///< host:port, of legs that deduplicate
    std::string url{};        ///< of the API that the leg `sources` polls
    std::size_t records = 0;  ///< in the topic: the leg ends when all were handled
    std::size_t distinct = 0; ///< of those with an id that none before them has; what a deduplicating leg sends
    int fetch_wait = 0;       ///< fetch.wait.max.ms of the consumer; 0 = the program's own

    /// Takes all flags and values; false when one is none of ours or what the leg needs is missing.
    [[nodiscard]] bool take(std::span<char* const> arguments) {
        if (arguments.size() % 2 != 0) {
            return false;
        }
        for (std::size_t index = 0; index < arguments.size(); index += 2) {
            if (!take(arguments[index], arguments[index + 1])) {
                return false;
            }
        }
        return complete();
    }

    [[nodiscard]] bool deduplicates() const { return leg == "dedup" || leg == "one_at_a_time"; }

private:
    bool take(std::string_view flag, const char* value) {
        if (flag == "--leg") {
            leg = value;
        } else if (flag == "--brokers") {
            brokers = value;
        } else if (flag == "--topic") {
            topic = value;
        } else if (flag == "--group") {
            group = value;
        } else if (flag == "--out") {
            out = value;
        } else if (flag == "--redis") {
            redis = value;
        } else if (flag == "--url") {
            url = value;
        } else if (flag == "--records") {
            records = std::strtoull(value, nullptr, 10);
        } else if (flag == "--distinct") {
            distinct = std::strtoull(value, nullptr, 10);
        } else if (flag == "--fetch-wait") {
            fetch_wait = std::atoi(value);
        } else {
            return false;
        }
        return true;
    }

    [[nodiscard]] bool reads() const {
        return leg != "wrapper" && leg != "ingest" && leg != "source" && leg != "sources" &&
               !leg.starts_with("latency_");
    }

    [[nodiscard]] bool complete() const {
        const bool sends = leg != "consume" && leg != "start";
        return !leg.empty() && !brokers.empty() && (!reads() || !topic.empty()) && !group.empty() && records > 0 &&
               (!sends || !out.empty()) && (!deduplicates() || (!redis.empty() && distinct > 0));
    }
};

} // namespace bench
