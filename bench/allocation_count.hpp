#pragma once

#include <cstdint>

namespace bench {

/// How often this program has called operator new, in all its threads. Linking allocation_count.cpp replaces it.
[[nodiscard]] std::uint64_t allocations() noexcept;

} // namespace bench
