#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/ingestion/spending_window.hpp"

namespace streaming {

/// Divides a budget among its members by weight, and lends what some leave unused to others. A member that is below
/// its share may spend at any time. Beyond it a member only gets what is over: a reserve of 3 % stays for those who are
/// below theirs, and all spending together must be no faster than the budget grows, so that who comes first does not
/// take it all. Members that asked nothing for two windows have no share. Not thread-safe; knows no clock.
class BudgetShares {
public:
    using Member = std::uint64_t;
    struct Decision {
        bool granted = false;
        bool within_share = false;
        Clock::steady_time again = Clock::steady_time::max(); ///< when asking again may help
    };

    BudgetShares(std::uint64_t limit, std::chrono::nanoseconds window) : limit_(limit), window_(window), all_(window) {}

    [[nodiscard]] Member join(double weight, Clock::steady_time now);
    void leave(Member member);

    /// Spends `cost` when it may; `limit` is that of now, at most the budget's. Shares are of the budget.
    [[nodiscard]] Decision spend(Member member, std::uint64_t cost, std::uint64_t limit, Clock::steady_time now);
    void take_back(Member member, std::uint64_t cost);

    /// Weights of members elsewhere, which have shares too.
    void set_other_weights(double weights) { other_weights_ = weights; }
    [[nodiscard]] double own_weights(Clock::steady_time now) const;
    [[nodiscard]] double other_weights() const noexcept { return other_weights_; }
    [[nodiscard]] std::uint64_t used(Clock::steady_time now) { return all_.used(now); }
    [[nodiscard]] static std::uint64_t without_reserve(std::uint64_t limit) { return limit - limit * 3 / 100; }

private:
    struct Account {
        double weight = 1;
        SpendingWindow spent;
        Clock::steady_time asked{};
    };

    [[nodiscard]] std::chrono::nanoseconds part_of_window(std::uint64_t cost) const noexcept;

    std::uint64_t limit_;
    std::chrono::nanoseconds window_;
    SpendingWindow all_;
    std::map<Member, Account> members_{};
    Member last_ = 0;
    double other_weights_ = 0;
    Clock::steady_time lent_until_{}; ///< what was spent is what the budget grows until then
};

} // namespace streaming
