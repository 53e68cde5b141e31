#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "bench/broker_under_bench.hpp"

namespace bench {

/// Reads what a run wrote, without the framework and without a group, from `begin` of each partition. Calls `take` with
/// key and payload until it answers false or a stop is requested. Ends the program when nothing comes for a minute.
void read_output(const std::string& brokers, const BenchTopic& output, const std::stop_token& stop,
                 const std::function<bool(std::string_view key, std::string_view payload)>& take);

/// Ends the program unless the output holds every different id of the input once and nothing else.
void check_ids(const std::string& brokers, const BenchTopic& output, const Observations& input, std::size_t written);

/// Ends the program unless the output holds every record of the input, those of one key in the order of the input.
void check_order(const std::string& brokers, const BenchTopic& output, const Observations& input, std::size_t written);

} // namespace bench
