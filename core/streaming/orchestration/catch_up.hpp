#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/connection_manager.hpp"
#include "core/streaming/infrastructure/record.hpp"

namespace streaming::detail {

/// How far the flows with `catch_up_first` have handled their topics, for the flows that need the state they hold.
/// Thread-safe. Borrows the connections.
class CatchUp {
public:
    /// One flow that needs the state. Used by its poll thread; `wake` is called by others, while a wait is on.
    class Wait {
    public:
        Wait(CatchUp* state, std::function<void()> wake); ///< null = there is no such state, every wait is over
        ~Wait();
        Wait(const Wait&) = delete;
        Wait& operator=(const Wait&) = delete;

        /// From here on the state must be at least as new as it is now.
        void begin();
        /// Asks the broker where the topics end, once it answers, and says whether all of that was handled.
        [[nodiscard]] bool over();

    private:
        friend class CatchUp;

        CatchUp* state_;
        std::function<void()> wake_;
        bool waiting_ = false;
        bool asked_ = false;
        std::vector<TopicOffset> ends_{};
    };

    CatchUp(ConnectionManager& connections, std::vector<std::string> topics)
        : connections_(connections), topics_(std::move(topics)) {}

    /// Everything before these offsets was handled.
    void handled(std::span<const TopicOffset> offsets);

private:
    [[nodiscard]] Result<std::vector<TopicOffset>> ends();
    [[nodiscard]] bool reached(std::span<const TopicOffset> ends) const;

    ConnectionManager& connections_;
    const std::vector<std::string> topics_;
    mutable std::mutex handled_mutex_{};
    std::map<TopicPartition, std::int64_t> handled_{};
    std::vector<Wait*> waits_{};
};

} // namespace streaming::detail
