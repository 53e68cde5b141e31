#pragma once

#include "bench/leg_options.hpp"

// The legs as bare programs: librdkafka, hiredis and simdjson, and nothing of the framework. Each prints its
// measurement; a failure ends the program.
namespace bench::raw {

void run_consume(const LegOptions& options);
void run_copy(const LegOptions& options);
void run_typed(const LegOptions& options);
void run_typed_whole(const LegOptions& options); ///< the way most programs are written: nlohmann reads the envelope too
void run_dedup(const LegOptions& options);
void run_one_at_a_time(const LegOptions& options);
void run_slow(const LegOptions& options);
void run_wrapper(const LegOptions& options);
void run_start(const LegOptions& options);

} // namespace bench::raw
