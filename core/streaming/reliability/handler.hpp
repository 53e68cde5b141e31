#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/message.hpp"

namespace streaming {

class Context;

/// A handler without its payload type.
using Handler = std::function<void(const Message&, Context&)>;

/// The handlers of one flow, by event type. Not changed after the service was built, then thread-safe.
class HandlerTable {
public:
    struct Entry {
        std::string type{}; ///< empty = every type that has no handler of its own, tombstones too
        std::string name{}; ///< for logs and dead letters
        Handler handler{};
    };

    /// False when there is one for that type already.
    [[nodiscard]] bool add(Entry entry);
    [[nodiscard]] const Entry* find(std::string_view type) const noexcept;
    [[nodiscard]] const Entry* catch_all() const noexcept { return find({}); }
    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

private:
    std::vector<Entry> entries_{};
};

} // namespace streaming
