#include "core/streaming/ingestion/receipt.hpp"

namespace streaming {

void Receipt::complete(bool delivered) noexcept {
    if (completed_.exchange(true)) {
        return;
    }
    const OnDone on_done = std::exchange(on_done_, nullptr); // what it holds is not kept for longer than it is needed
    try {
        if (on_done) {
            on_done(delivered);
        }
    } catch (...) { // somebody else's code: the row is settled whatever it says
        return;
    }
}

} // namespace streaming
