#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/testing/faults.hpp"

namespace streaming::fakes {

/// What a store holds, seen by all its connections: plain values, sets, hashes and registers, each gone when its ttl on
/// the fake clock is over. Thread-safe. Borrows the clock.
class FakeStore {
public:
    explicit FakeStore(Clock& clock) : clock_(clock) {}

    /// While down, every call fails with `unavailable`.
    void set_down(bool down);
    void lose_everything();                    ///< as a store that keeps nothing on disk, when it starts again
    void fail_next(std::size_t count);         ///< the next sends are lost before the store saw them
    void fail_next_replies(std::size_t count); ///< the next sends are done, and their answers are lost
    [[nodiscard]] std::size_t failed() const { return sends_.fired() + replies_.fired(); }

    [[nodiscard]] std::vector<std::string> keys() const;
    [[nodiscard]] std::set<std::string> members(const std::string& key) const;
    [[nodiscard]] std::optional<std::string> value(const std::string& key) const;
    [[nodiscard]] std::optional<std::chrono::nanoseconds> ttl(
        const std::string& key) const;       ///< absent = none, or no such key
    [[nodiscard]] std::size_t sends() const; ///< pipelines received

private:
    friend class FakeKeyValueStore;

    struct Entry {
        std::optional<std::string> value{}; ///< absent = it is a set
        std::set<std::string, std::less<>> members{};
        std::optional<Clock::steady_time> expires{};
        std::optional<Clock::steady_time> since{}; ///< present = it is a register
        std::map<std::string, Clock::steady_time> announced{};
        std::map<std::string, std::string, std::less<>> fields{}; ///< not empty = it is a hash
        std::map<std::int64_t, std::uint64_t> spent{};            ///< not empty = it is a budget
        [[nodiscard]] bool may_be_set() const noexcept { return !value && !since && fields.empty() && spent.empty(); }
    };

    [[nodiscard]] std::optional<Error> refusal() const;
    Result<std::vector<StoreReply>> run(std::span<const StoreCommand> commands);
    Result<StoreReply> run(const StoreCommand& command);
    Result<StoreReply> contains(const StoreCommand& command);
    Status add(const StoreCommand& command);
    Result<StoreReply> acquire(const StoreCommand& command);
    Result<StoreReply> release(const StoreCommand& command);
    Result<StoreReply> announce(const StoreCommand& command);
    Status depart(const StoreCommand& command);
    Status put(const StoreCommand& command);
    Result<StoreReply> fields(const StoreCommand& command);
    Result<StoreReply> spend(const StoreCommand& command);
    [[nodiscard]] const Entry* find(std::string_view key) const;
    [[nodiscard]] std::optional<Clock::steady_time> end_of(std::chrono::milliseconds ttl) const;

    Clock& clock_;
    Faults sends_{};
    Faults replies_{};
    mutable std::mutex entries_mutex_{};
    std::map<std::string, Entry, std::less<>> entries_{};
    std::size_t pipelines_ = 0;
    bool down_ = false;
};

/// One connection to a FakeStore, which must outlive it.
class FakeKeyValueStore final : public KeyValueStore {
public:
    explicit FakeKeyValueStore(FakeStore& store) : store_(store) {}
    Status ping() override;
    Status send(std::span<const StoreCommand> commands) override;
    Status receive(std::vector<StoreReply>& replies) override;
    void close() noexcept override;

private:
    FakeStore& store_;
    std::deque<Result<std::vector<StoreReply>>> unanswered_{};
};

} // namespace streaming::fakes
