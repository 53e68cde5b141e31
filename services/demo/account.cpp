#include "services/demo/account.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "services/trading/events.hpp"

namespace services::demo {
namespace {

using streaming::FlowCounts;
using streaming::Outcome;

const FlowCounts* find(const FlowList& flows, const std::string& name) {
    const auto found = std::ranges::find_if(flows, [&](const auto& flow) { return flow.first.flow == name; });
    return found == flows.end() ? nullptr : &found->second;
}

/// Rejected signals are sent on and count as ignored, by reason.
std::uint64_t rejected(const FlowCounts& counts) {
    std::uint64_t sum = 0;
    for (const std::string_view reason : trading::RejectionReason::all) {
        const auto found = counts.ignored_by_reason.find(reason);
        sum += found == counts.ignored_by_reason.end() ? 0 : found->second;
    }
    return sum;
}

} // namespace

std::vector<Claim> claims(const std::vector<Route>& routes, const FlowList& flows,
                          const std::map<std::string, std::uint64_t>& fed) {
    std::vector<Claim> all;
    std::map<std::string, std::uint64_t> sent = fed;
    for (const Route& route : routes) {
        const FlowCounts* counts = find(flows, route.flow);
        if (counts == nullptr) {
            continue;
        }
        const std::uint64_t dead_lettered = counts->count(Outcome::dead_lettered);
        if (!route.input.empty()) {
            // Groups are new and start at the oldest record, so they read what was there before, too.
            all.push_back({.topic = route.input,
                           .what = "consumed by " + route.flow,
                           .counted = counts->consumed,
                           .range = Claim::Range::all});
        }
        const std::uint64_t turned_away = route.rejected.empty() ? 0 : rejected(*counts);
        if (!route.rejected.empty()) {
            sent[route.rejected] += turned_away;
        }
        if (!route.output.empty()) {
            sent[route.output] += counts->sent - dead_lettered - turned_away;
        }
        all.push_back(
            {.topic = route.dead_letters, .what = "dead-lettered by " + route.flow, .counted = dead_lettered});
    }
    for (const auto& [topic, records] : sent) {
        all.push_back({.topic = topic,
                       .what = fed.contains(topic) ? "sent by the services and the feeder" : "sent by the services",
                       .counted = records});
    }
    return all;
}

bool Account::holds() const { return unfinished == 0 && std::ranges::all_of(claims, &Claim::holds); }

void verify(Account& account, const TopicReader& reader, const std::map<std::string, TopicReader::Ranges>& before) {
    std::ranges::stable_sort(account.claims, {}, &Claim::topic);
    std::map<std::string, TopicReader::Count> counts;
    for (Claim& claim : account.claims) {
        if (!counts.contains(claim.topic)) {
            const auto known = before.find(claim.topic);
            counts[claim.topic] =
                reader.count(claim.topic, known == before.end() ? TopicReader::Ranges{} : known->second);
            account.topics[claim.topic] = counts[claim.topic].added;
        }
        claim.found = claim.range == Claim::Range::all ? counts[claim.topic].all : counts[claim.topic].added;
    }
}

std::string to_text(const Account& account) {
    std::string text =
        fmt::format("\n{:<58} {:<52} {:>9} {:>9}\n", "topic", "what the metrics say", "metrics", "reader");
    for (const Claim& claim : account.claims) {
        if (claim.counted == 0 && claim.found == 0) {
            continue;
        }
        fmt::format_to(std::back_inserter(text), "{:<58} {:<52} {:>9} {:>9}{}\n", claim.topic, claim.what,
                       claim.counted, claim.found, claim.holds() ? "" : "  <- DIFFERS");
    }
    const auto wrong = std::ranges::count_if(account.claims, [](const Claim& claim) { return !claim.holds(); });
    if (account.unfinished > 0) {
        fmt::format_to(std::back_inserter(text), "{} records were left unfinished\n", account.unfinished);
    }
    return text + (wrong == 0 ? fmt::format("every record is accounted for: {} statements, read back from the topics\n",
                                            account.claims.size())
                              : fmt::format("{} of {} statements are wrong\n", wrong, account.claims.size()));
}

std::string to_json(const Account& account) {
    nlohmann::json flows = nlohmann::json::array();
    for (const auto& [labels, counts] : account.flows) {
        flows.push_back({{"name", labels.flow},
                         {"service", labels.service},
                         {"consumed", counts.consumed},
                         {"handled", counts.count(Outcome::handled)},
                         {"duplicate", counts.count(Outcome::duplicate)},
                         {"ignored", counts.count(Outcome::ignored)},
                         {"dead_lettered", counts.count(Outcome::dead_lettered)},
                         {"dropped", counts.count(Outcome::dropped)},
                         {"in_flight", counts.in_flight},
                         {"sent", counts.sent},
                         {"retries", counts.retries}});
    }
    nlohmann::json statements = nlohmann::json::array();
    for (const Claim& claim : account.claims) {
        statements.push_back(
            {{"topic", claim.topic}, {"what", claim.what}, {"metrics", claim.counted}, {"reader", claim.found}});
    }
    return nlohmann::json{{"flows", flows},
                          {"topics", account.topics},
                          {"account", statements},
                          {"unfinished", account.unfinished},
                          {"holds", account.holds()}}
        .dump(2);
}

} // namespace services::demo
