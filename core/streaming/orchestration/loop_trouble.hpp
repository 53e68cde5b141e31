#pragma once

#include <spdlog/fwd.h>
#include <mutex>
#include <string>
#include <utility>

namespace streaming::detail {

/// What a thread's work threw last. No exception leaves a thread: the log says it when it begins and when it is over,
/// health for as long as it lasts. Thread-safe. Borrows the log.
class LoopTrouble {
public:
    LoopTrouble(spdlog::logger& log, std::string who) : log_(log), who_(std::move(who)) {}

    /// One turn of the loop. False when it threw: what it had begun is open, the next turn goes on.
    template <class Turn>
    [[nodiscard]] bool attempt(Turn&& turn) noexcept {
        try {
            std::forward<Turn>(turn)();
        } catch (...) {
            threw();
            return false;
        }
        went_well();
        return true;
    }
    [[nodiscard]] const std::string& who() const noexcept { return who_; }
    [[nodiscard]] std::string text() const; ///< empty = there is none

private:
    void threw() noexcept; ///< what is being handled
    void went_well() noexcept;

    spdlog::logger& log_;
    const std::string who_;
    mutable std::mutex text_mutex_{};
    std::string text_{};
};

/// What is being handled, as text.
[[nodiscard]] std::string text_of_current_exception();

} // namespace streaming::detail
