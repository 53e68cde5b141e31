#include "core/streaming/ingestion/queue_counts.hpp"

namespace streaming {

std::string_view to_string(DropReason reason) noexcept {
    constexpr std::array<std::string_view, kDropReasons> kNames{"overflow_oldest", "overflow_newest"};
    return kNames[static_cast<std::size_t>(reason)];
}

} // namespace streaming
