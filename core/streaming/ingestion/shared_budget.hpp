#pragma once

#include <spdlog/fwd.h>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/ingestion/api_client_options.hpp"
#include "core/streaming/ingestion/budget_shares.hpp"

namespace streaming {

/// A budget of requests that sources share, because they use one key: those of this process, and of all that use one
/// store. No window of the given length has more than the limit. Shares as BudgetShares says; in a store all that is
/// spent is counted in one place, and the processes tell each other their weights, so that a source's share is the
/// same wherever it runs. With a store 2 % are kept back for what goes on while the store is away:
///   - then a process goes on by itself, with the part of the limit that its weights had, a quarter when it never saw
///     others;
///   - for a window it spends no more than it had spent in the one before (or its part of the 2 %), since it cannot
///     know what others spend;
///   - for a window after the store is back it keeps to its part too.
/// Thread-safe; waits are ended by the stop token. Borrows clock and log.
class SharedBudget {
public:
    using Member = BudgetShares::Member;
    using Use = BudgetShares::Use;
    struct Dependencies {
        Clock& clock;
        std::unique_ptr<KeyValueStore> store; ///< null = this process alone
        spdlog::logger* log = nullptr;
        std::string process{}; ///< this one's name among those that use the store; no blank, no line end
    };

    /// `options.weight` is of no interest here: each member has its own.
    SharedBudget(Dependencies dependencies, const ApiBudgetOptions& options);
    ~SharedBudget();
    SharedBudget(const SharedBudget&) = delete;
    SharedBudget& operator=(const SharedBudget&) = delete;

    [[nodiscard]] Member join(double weight);
    void leave(Member member);

    /// Waits until `cost` may be spent, and spends it. Errors: rate_limited, not before `give_up`; invalid_argument,
    /// it is more than the limit; stopped.
    Status spend(Member member, std::uint64_t cost, Clock::steady_time give_up, const std::stop_token& stop,
                 Use use = Use::news);
    /// Nothing is spent before that.
    void pause_until(Clock::steady_time time);
    [[nodiscard]] Clock::steady_time paused_until() const;
    /// When it is worth while to ask for something of the past; in the past = now.
    [[nodiscard]] Clock::steady_time past_until();
    [[nodiscard]] const std::string& name() const noexcept { return options_.name; }

private:
    /// How it stands with the store.
    struct Contact {
        bool here = true;
        std::optional<Clock::steady_time> changed{}; ///< absent = it was never away
        Clock::steady_time looked{};                 ///< when it was found away last
        std::uint64_t used_then = 0;                 ///< by this process, when it went away
        Clock::steady_time announced{};
        std::string announcement{}; ///< what is said of this process; empty = nothing yet
        bool knows_others = false;
    };

    [[nodiscard]] BudgetShares::Decision try_spend(Member member, BudgetShares::Cost cost);
    [[nodiscard]] std::uint64_t limit_now(Clock::steady_time now);
    [[nodiscard]] std::uint64_t own_part(Clock::steady_time now) const;
    /// Asks the store; nullopt = it is away.
    [[nodiscard]] std::optional<Spending> ask_store(std::uint64_t cost, std::uint64_t limit);
    [[nodiscard]] std::vector<StoreCommand> commands_for(const std::string& amount, std::string& announcement);
    void take_register(const std::string& value);
    void lose_store(const Error& error);

    Dependencies dependencies_;
    const ApiBudgetOptions options_;
    const std::string key_;
    const std::string members_key_;
    mutable std::mutex budget_mutex_{}; ///< guards all below but the connection
    std::condition_variable_any changed_{};
    BudgetShares shares_;
    Contact contact_{};
    Clock::steady_time paused_until_{};
    std::mutex store_mutex_{}; ///< the connection is used by one thread at a time; taken before the other
};

} // namespace streaming
