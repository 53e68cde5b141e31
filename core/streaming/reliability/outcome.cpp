#include "core/streaming/reliability/outcome.hpp"

namespace streaming {

std::string_view to_string(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::handled:
            return "handled";
        case Outcome::duplicate:
            return "duplicate";
        case Outcome::ignored:
            return "ignored";
        case Outcome::dead_lettered:
            return "dead_lettered";
        case Outcome::dropped:
            return "dropped";
    }
    return "unknown";
}

} // namespace streaming
