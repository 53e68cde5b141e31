#include "core/streaming/reliability/handler.hpp"

#include <algorithm>

namespace streaming {

bool HandlerTable::add(Entry entry) {
    if (find(entry.type) != nullptr) {
        return false;
    }
    entries_.push_back(std::move(entry));
    return true;
}

// A flow has a handful of types: a walk over them beats hashing the name.
const HandlerTable::Entry* HandlerTable::find(std::string_view type) const noexcept {
    const auto found = std::ranges::find(entries_, type, &Entry::type);
    return found == entries_.end() ? nullptr : &*found;
}

} // namespace streaming
