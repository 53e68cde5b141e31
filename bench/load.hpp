#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/observation.hpp"

namespace bench {

struct LoadOptions {
    std::string brokers{};
    std::string topic{};
    std::int32_t partitions = 8; ///< a key's partition is its number modulo this, so that all hold the same
    Observations observations{};
};

/// Fills a topic with weather observations, uncompressed. Returns when the broker acknowledged them all; ends the
/// program when it does not.
void load(const LoadOptions& options);

} // namespace bench
