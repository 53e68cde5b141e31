#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/reliability/metrics_collector.hpp"
#include "services/demo/topic_reader.hpp"

namespace services::demo {

/// Which topics a flow reads and writes.
struct Route {
    std::string service{};
    std::string flow{};
    std::string input{};  ///< empty for a source
    std::string output{}; ///< empty when it sends nothing
    std::string dead_letters{};
    std::string rejected{}; ///< where the signals go that it rejects; empty when it rejects none
};

using FlowList = std::vector<std::pair<streaming::FlowLabels, streaming::FlowCounts>>;

/// One sentence about a topic and whether it is true.
struct Claim {
    enum class Range { all, added };
    std::string topic{};
    std::string what{};         ///< such as "consumed by <flow>"
    std::uint64_t counted = 0;  ///< by the services
    Range range = Range::added; ///< which records of the topic it speaks of
    std::uint64_t found = 0;    ///< by the plain reader
    [[nodiscard]] bool holds() const { return counted == found; }
};

/// What the services say that they read, sent and dead-lettered, with what the feeder sent, by topic. `found` is left
/// open.
[[nodiscard]] std::vector<Claim> claims(const std::vector<Route>& routes, const FlowList& flows,
                                        const std::map<std::string, std::uint64_t>& fed = {});

/// Everything that moved, counted twice: by the services' metrics and by a reader that knows nothing of them.
struct Account {
    FlowList flows{};
    std::vector<Claim> claims{};
    std::map<std::string, std::uint64_t> topics{}; ///< records that the reader found added
    std::uint64_t unfinished = 0;                  ///< left in flight when the services stopped

    [[nodiscard]] bool holds() const;
};

/// Reads every topic of the claims and fills in what is found. `before` holds the topics as they were at the start.
void verify(Account& account, const TopicReader& reader, const std::map<std::string, TopicReader::Ranges>& before);

[[nodiscard]] std::string to_text(const Account& account);
[[nodiscard]] std::string to_json(const Account& account);

} // namespace services::demo
