#include "core/streaming/ingestion/ingestion_record.hpp"

#include <array>
#include <cstddef>

namespace streaming {

std::string_view to_string(Priority priority) noexcept {
    constexpr std::array<std::string_view, kPriorities> kNames{"critical", "high", "normal", "low"};
    return kNames[static_cast<std::size_t>(priority)];
}

} // namespace streaming
