#pragma once

#include <spdlog/fwd.h>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/orchestration/record_task.hpp"
#include "core/streaming/reliability/deduplication_manager.hpp"

namespace streaming::detail {

/// Finds out, a batch at a time, which records were handled before. Two batches may be under way: the second is asked
/// for before the answers to the first are read. When the store fails and the policy is `pause`, batches are held back
/// and asked for again. Used by the poll thread.
class DuplicateFilter {
public:
    struct Dependencies {
        std::unique_ptr<KeyValueStore> store{}; ///< null = local only
        Clock& clock;
        spdlog::logger& log;
    };
    DuplicateFilter(Dependencies dependencies, const DeduplicationOptions& options, const std::string& scope);

    /// Starts asking about the tasks of `batch` that take part. Takes no more than two: see `crowded`.
    void begin(FlightBatch& batch);
    [[nodiscard]] bool idle() const noexcept { return asked_.empty(); }
    [[nodiscard]] bool crowded() const noexcept { return asked_.size() >= 2; }

    struct Answer {
        FlightBatch* batch = nullptr;            ///< null: held back, ask again later
        std::vector<std::uint8_t>* duplicates{}; ///< one for each task that takes part, in order
    };
    /// The oldest batch asked about, when its answer is there (waits for it) and the policy lets it go on.
    [[nodiscard]] Answer finish();
    /// When a held-back batch may be asked for again; nothing is held back when the past.
    [[nodiscard]] bool holding_back() const noexcept { return held_back_; }

    [[nodiscard]] std::size_t waiting() const noexcept; ///< records asked about or held back

    void mark(std::span<const std::string_view> ids);
    /// Makes the marks of what is about to be committed durable. Nothing may be under way. A failure is counted, and
    /// repeats are then possible.
    void flush();

    [[nodiscard]] std::uint64_t store_errors() const noexcept { return manager_.store_errors(); }
    [[nodiscard]] bool has_store() const noexcept { return store_ != nullptr; }
    [[nodiscard]] bool store_ok() const noexcept { return store_ok_; }

private:
    struct Question {
        FlightBatch* batch = nullptr;
        std::vector<std::string_view> ids{};
        bool begun = false; ///< the manager owes an answer
    };
    void ask(Question& question);
    void noted(const Status& status);

    std::unique_ptr<KeyValueStore> store_;
    Clock& clock_;
    spdlog::logger& log_;
    StoreErrorPolicy policy_;
    DeduplicationManager manager_;
    std::deque<Question> asked_{};
    std::vector<std::vector<std::string_view>> spare_{};
    std::vector<std::uint8_t> duplicates_{};
    Clock::steady_time ask_again_{};
    bool held_back_ = false;
    bool store_ok_ = true;
};

} // namespace streaming::detail
