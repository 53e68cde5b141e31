#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/orchestration/health.hpp"

namespace streaming::detail {

/// How a flow is, between its threads and those who ask: started, has partitions, in trouble, ended by itself, through.
/// Thread-safe.
class FlowStatus {
public:
    explicit FlowStatus(std::string flow) : flow_(std::move(flow)) {}

    void started();
    void assigned();
    /// Why it is not ready; empty = it is. An end stays the last word.
    void set_trouble(std::string what);
    /// It ended by itself. True the first time.
    [[nodiscard]] bool end(const Error& why);
    void finished(std::size_t unfinished); ///< the poll thread is through

    [[nodiscard]] bool is_started() const;
    [[nodiscard]] bool has_ended() const;
    [[nodiscard]] std::size_t wait_until_finished() const; ///< returns what stayed unfinished
    [[nodiscard]] PartHealth health() const;

private:
    std::string flow_;
    mutable std::mutex state_mutex_{};
    mutable std::condition_variable state_changed_{};
    std::string trouble_{};
    bool started_ = false;
    bool assigned_ = false;
    bool ended_ = false;
    bool finished_ = false;
    std::size_t unfinished_ = 0;
};

} // namespace streaming::detail
