#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming::fakes {

/// A counted number of failures that a fake hands out, one a call, and how many it did hand out. Thread-safe.
class Faults {
public:
    /// The next `count` calls fail with `error`; behind faults that were added before. With `only`, calls about another
    /// subject (such as a topic) neither fail nor count.
    void add(std::size_t count, const Error& error, std::string only = {});
    [[nodiscard]] std::optional<Error> take(std::string_view subject = {});

    [[nodiscard]] std::size_t fired() const;
    [[nodiscard]] bool pending(std::string_view subject = {}) const; ///< whether `take` would give one

private:
    struct Fault {
        Error error{};
        std::string only{};
        [[nodiscard]] bool concerns(std::string_view subject) const { return only.empty() || only == subject; }
    };

    mutable std::mutex faults_mutex_{};
    std::deque<Fault> faults_{};
    std::size_t fired_ = 0;
};

} // namespace streaming::fakes
