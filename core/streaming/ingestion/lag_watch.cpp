#include "core/streaming/ingestion/lag_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace streaming {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kMostGrowth = 64; ///< of a partition: older times become coarser, memory stays

std::string to_text(const std::pair<std::string, std::string>& pair) {
    return fmt::format("group {}, topic {}", pair.first, pair.second);
}

std::uint64_t to_count(std::int64_t number) { return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0)); }

void append(std::string& list, const std::string& item) { list += (list.empty() ? "" : "; ") + item; }

} // namespace

struct LagWatch::PairLag {
    PairName name{};
    bool committed = false; ///< on any partition
    std::uint64_t records = 0;
    std::optional<double> seconds{};
    std::uint64_t committed_total = 0;
    std::uint64_t produced_total = 0;
    std::vector<std::string> stuck{};
};

struct LagWatch::Round {
    Clock::steady_time taken{};
    Clock::steady_time deadline{};
    std::vector<PairLag> pairs{};
    std::vector<std::string> left_out{};
    std::string unknown{};
    std::optional<Error> failure{};
};

namespace {

/// The pair with most records; of those with as many, the first. Seconds are the longest of all.
template <class Pairs>
LagObservation observation_of(const Pairs& counted, Clock::steady_time taken) {
    const auto worst = std::ranges::max_element(counted, {}, [](const auto& pair) { return pair.records; });
    LagObservation seen{.records = worst->records,
                        .taken = taken,
                        .committed_total = worst->committed_total,
                        .produced_total = worst->produced_total,
                        .worst = to_text(worst->name)};
    for (const auto& pair : counted) {
        seen.seconds = std::max(seen.seconds, pair.seconds);
        seen.left_out.insert(seen.left_out.end(), pair.stuck.begin(), pair.stuck.end());
    }
    return seen;
}

} // namespace

LagWatch::LagWatch(LagProbe& probe, Clock& clock, LagWatchOptions options)
    : probe_(probe), clock_(clock), options_(options) {}

Result<LagObservation> LagWatch::look(std::span<const std::string> groups, std::span<const std::string> topics,
                                      std::chrono::milliseconds timeout) {
    const auto now = clock_.now();
    ++round_;
    Round round{.taken = now, .deadline = now + timeout};
    for (const auto& group : groups) {
        for (const auto& topic : topics) {
            ask({group, topic}, round);
        }
    }
    std::erase_if(pairs_, [this](const auto& pair) { return pair.second.round != round_; });
    if (round.pairs.empty()) {
        return round.failure.value_or(
            Error{ErrorCode::not_found, groups.empty() ? "no consumer group is named" : "none of the topics exists yet",
                  true});
    }
    if (std::ranges::any_of(round.pairs, &PairLag::committed)) {
        std::erase_if(round.pairs, [&round](const PairLag& pair) {
            if (!pair.committed) {
                round.left_out.push_back(to_text(pair.name) + ": the group has committed nothing there");
            }
            return !pair.committed;
        });
    }
    auto seen = observation_of(round.pairs, round.taken);
    seen.unknown = std::move(round.unknown);
    seen.left_out.insert(seen.left_out.begin(), round.left_out.begin(), round.left_out.end());
    return seen;
}

void LagWatch::ask(const PairName& pair, Round& round) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(round.deadline - clock_.now());
    pairs_[pair].round = round_;
    const auto lags = left > 0ms ? probe_.lag(pair.first, pair.second, left)
                                 : Error{ErrorCode::timed_out, "there was no time left to ask", true};
    if (lags) {
        round.pairs.push_back(weigh(pair, lags.value(), round.taken));
    } else if (lags.error().code == ErrorCode::not_found) {
        round.left_out.push_back(to_text(pair) + ": the topic does not exist yet");
    } else {
        append(round.unknown, fmt::format("{}: {}", to_text(pair), lags.error().message));
        round.failure = lags.error();
    }
}

LagWatch::PairLag LagWatch::weigh(const PairName& pair, const std::vector<PartitionLag>& lags, Clock::steady_time now) {
    auto& state = pairs_[pair];
    for (const auto& lag : lags) {
        remember(state.partitions[lag.partition], lag, now);
    }
    PairLag weighed{.name = pair};
    for (const auto& lag : lags) {
        const Partition& partition = state.partitions[lag.partition];
        weighed.committed = weighed.committed || lag.committed >= 0;
        // Of all partitions, and both from one place: where the group begins when it has not committed.
        weighed.committed_total += to_count(lag.high - lag.lag);
        weighed.produced_total += to_count(lag.high);
        if (is_stuck(state, lag, now)) {
            weighed.stuck.push_back(fmt::format(
                "{}, partition {}: stuck at offset {} for {} s", to_text(pair), lag.partition, lag.committed,
                std::chrono::duration_cast<std::chrono::seconds>(now - partition.behind.value_or(now)).count()));
            continue;
        }
        weighed.records += to_count(lag.lag);
        const Seconds age = lag.lag > 0 ? now - partition.growth.front().time : 0ns;
        weighed.seconds = std::max(weighed.seconds, std::optional(age.count()));
    }
    return weighed;
}

void LagWatch::remember(Partition& partition, const PartitionLag& lag, Clock::steady_time now) {
    const bool moved = !partition.growth.empty() && lag.committed != partition.committed;
    if (moved) {
        partition.moved = now;
    }
    if (lag.lag <= 0) {
        partition.behind.reset();
    } else if (moved || !partition.behind) {
        partition.behind = now;
    }
    partition.committed = lag.committed;
    remember_growth(partition, lag, now);
}

void LagWatch::remember_growth(Partition& partition, const PartitionLag& lag, Clock::steady_time now) {
    auto& growth = partition.growth;
    const std::int64_t read = lag.high - lag.lag;
    if (!growth.empty() && lag.high < growth.back().high) {
        growth.clear(); // the topic was made anew
    }
    if (growth.empty()) {
        growth.push_back({now, lag.high});
    }
    const auto grain = (growth.back().time - growth.front().time) / static_cast<int>(kMostGrowth / 2);
    if (lag.high > growth.back().high && (growth.back().high <= read || now - growth.back().time >= grain)) {
        growth.push_back({now, lag.high});
    }
    // The oldest unread record was there when the topic was first seen longer than what is read.
    while (growth.size() > 1 && growth.front().high <= read) {
        growth.pop_front();
    }
    if (growth.size() > kMostGrowth) {
        for (std::size_t i = 1; i + 1 < growth.size(); ++i) {
            growth.erase(growth.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
}

bool LagWatch::is_stuck(const PairState& pair, const PartitionLag& lag, Clock::steady_time now) const {
    if (lag.lag <= 0 || now - pair.partitions.at(lag.partition).behind.value_or(now) < options_.stuck_after) {
        return false;
    }
    return std::ranges::any_of(pair.partitions, [&](const auto& other) {
        return other.first != lag.partition && other.second.moved != Clock::steady_time{} &&
               now - other.second.moved < options_.stuck_after;
    });
}

} // namespace streaming
