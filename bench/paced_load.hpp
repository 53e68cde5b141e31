#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/suite.hpp"

namespace bench {

struct PacedOptions {
    std::string leg{};            ///< copy or dedup
    std::string redis{};          ///< host:port; empty = none
    std::size_t rate = 10'000;    ///< records/s
    std::size_t records = 50'000; ///< the first fifth is not counted
};

struct PacedResult {
    LegResult leg{};
    std::vector<double> latencies_ms{}; ///< of each counted record, from its time to be sent to its output's arrival
};

/// Runs one leg of one program while a bare producer sends at a fixed rate and a bare consumer reads what comes out,
/// both in this process. Ends the program unless every record came out.
[[nodiscard]] PacedResult run_paced(Suite& suite, Program program, const PacedOptions& options);

} // namespace bench
