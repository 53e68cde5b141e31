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
/// take it all. Members that asked nothing for two windows have no share. What is asked of the past has no share: it
/// gets what is over at that pace, and leaves a tenth, so that a backfill is not in the way of what is new. Not
/// thread-safe; knows no clock.
class BudgetShares {
public:
    using Member = std::uint64_t;
    enum class Use : std::uint8_t { news, past };
    struct Cost {
        std::uint64_t amount = 1;
        Use use = Use::news;
    };
    struct Decision {
        bool granted = false;
        bool within_share = false;
        Clock::steady_time again = Clock::steady_time::max(); ///< when asking again may help
    };

    BudgetShares(std::uint64_t limit, std::chrono::nanoseconds window) : limit_(limit), window_(window), all_(window) {}

    [[nodiscard]] Member join(double weight, Clock::steady_time now);
    void leave(Member member);

    /// Spends `cost` when it may; `limit` is that of now, at most the budget's. Shares are of the budget.
    [[nodiscard]] Decision spend(Member member, Cost cost, std::uint64_t limit, Clock::steady_time now);
    void take_back(Member member, Cost cost);
    /// When what is of the past may be spent, as far as can be told: at the cost that such requests had.
    [[nodiscard]] Clock::steady_time past_until(std::uint64_t limit, Clock::steady_time now);

    /// Weights of members elsewhere, which have shares too.
    void set_other_weights(double weights) { other_weights_ = weights; }
    [[nodiscard]] double own_weights(Clock::steady_time now) const;
    [[nodiscard]] double other_weights() const noexcept { return other_weights_; }
    [[nodiscard]] std::uint64_t used(Clock::steady_time now) { return all_.used(now); }
    /// What may be spent of a limit beyond shares.
    [[nodiscard]] static std::uint64_t without_reserve(std::uint64_t limit, Use use) {
        return limit - limit * (use == Use::past ? 10 : 3) / 100;
    }

private:
    struct Account {
        double weight = 1;
        SpendingWindow spent;
        Clock::steady_time asked{};
    };

    [[nodiscard]] std::chrono::nanoseconds part_of_window(Cost cost) const noexcept;

    std::uint64_t limit_;
    std::chrono::nanoseconds window_;
    SpendingWindow all_;
    std::map<Member, Account> members_{};
    Member last_ = 0;
    double other_weights_ = 0;
    Clock::steady_time lent_until_{}; ///< what was spent is what the budget grows until then
    std::uint64_t cost_of_past_ = 1;  ///< the last one
};

} // namespace streaming
