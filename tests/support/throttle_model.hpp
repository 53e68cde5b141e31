#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/streaming/ingestion/ingestion_settings.hpp"

/// The model on which throttling is judged: arrivals, a sender that asks a ThrottlingManager, a topic, a consumer; in
/// steps of one second of a virtual clock. No network, one consumer group, nothing random: the same numbers in each
/// run.
namespace throttle_model {

/// Records that arrive in each second.
using Arrivals = std::vector<double>;

/// Counts by minute, spread over their seconds and multiplied.
Arrivals by_minute(const std::vector<std::size_t>& minutes, double factor);
/// Minutes (acq_date, acq_time) of the rows of a FIRMS file, from its first to its last.
std::vector<std::size_t> minutes_of_firms(const std::string& csv);
/// Like the passes of satellites: most minutes are empty, some hold very much. `mean` records/s.
Arrivals made_up(std::size_t days, double mean);

/// What the consumer could take at a second, records/s.
using Consumer = std::function<double(std::size_t second)>;
Consumer steady(double rate);
Consumer stalling(double rate); ///< stands still for 120 s every 2 h
Consumer halving(double rate);  ///< takes half for 20 min every 3 h

struct Conditions {
    std::chrono::seconds lag_age{30};     ///< how old an observation is when it comes
    std::chrono::seconds lag_every{10};   ///< between observations
    std::chrono::seconds commit_every{0}; ///< 0 = offsets are committed as records are read
};

struct Score {
    double over = 0;                 ///< share of time with a lag over the target
    double p99_lag = 0;              ///< records
    double highest_lag = 0;          ///< records
    double p99_lag_seconds = 0;      ///< age of the oldest unread record
    double wasted = 0;               ///< share of what the consumer could have taken while work waited
    std::size_t changes = 0;         ///< holds, and moves of the rate of more than 5 %
    std::size_t predictor_steps = 0; ///< seconds in which the predictor was on
    double unread = 0;               ///< records that had not got through a day after the last one arrived
    friend bool operator==(const Score&, const Score&) = default;
};
std::string to_text(const Score& score);

Score run(const streaming::ThrottlingOptions& options, const Arrivals& arrivals, const Consumer& consumer,
          const Conditions& conditions = {});

} // namespace throttle_model
