#pragma once

#include <memory>
#include <string>

#include "bench/child_process.hpp"

namespace bench {

/// The Redis that both programs deduplicate with: the one at `address` (host:port), or, when that is empty, a
/// redis-server of our own on a free port of 127.0.0.1 that keeps nothing on disk. TCP in both cases. A failure ends
/// the program.
class RedisUnderBench {
public:
    explicit RedisUnderBench(const std::string& address);

    [[nodiscard]] const std::string& address() const noexcept { return address_; }
    [[nodiscard]] bool is_own() const noexcept { return server_ != nullptr; }
    /// Removes the ids that a group remembered, so that each run finds the same.
    void forget(const std::string& group) const;

private:
    std::unique_ptr<ChildProcess> server_{};
    std::string address_;
};

} // namespace bench
