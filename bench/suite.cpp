#include "bench/suite.hpp"

#include <filesystem>

namespace bench {

Suite::Suite(const BenchOptions& options)
    : options_(options),
      folder_(std::filesystem::read_symlink("/proc/self/exe").parent_path()),
      report_(options.format),
      broker_(options.brokers) {}

const RedisUnderBench& Suite::redis() {
    if (!redis_) {
        redis_.emplace(options_.redis);
    }
    return *redis_;
}

const BenchTopic& Suite::input() {
    if (!input_) {
        input_ = broker_.new_input(observations(), broker_.partitions_for(options_.records));
    }
    return *input_;
}

LegProcess Suite::start(Program program, const LegOptions& leg) const {
    return program == Program::twin ? LegProcess({path_of("tributary_raw_twin")}, leg)
                                    : LegProcess({path_of("tributary_bench"), "--run-leg"}, leg);
}

} // namespace bench
