#pragma once

#include <cstddef>
#include <string>

#include "services/demo/replay_data.hpp"

namespace services::demo {

/// Makes ticks and signals in the order of a fixed rule; some are wrong, repeated or of an unknown type.
/// Used by one thread. Borrows the data.
class Market {
public:
    struct Letter {
        std::string key{};
        std::string payload{};
    };
    explicit Market(const ReplayData& data) : data_(data) {}
    [[nodiscard]] Letter next_tick();
    [[nodiscard]] Letter next_signal();

private:
    const ReplayData& data_;
    std::size_t ticks_ = 0;
    std::size_t signals_ = 0;
    Letter last_signal_{};
};

} // namespace services::demo
