#include "core/streaming/ingestion/budget_shares.hpp"

#include <algorithm>

namespace streaming {

using std::chrono::nanoseconds;

BudgetShares::Member BudgetShares::join(double weight, Clock::steady_time now) {
    members_.emplace(++last_, Account{.weight = weight, .spent = SpendingWindow(window_), .asked = now});
    return last_;
}

void BudgetShares::leave(Member member) { members_.erase(member); }

double BudgetShares::own_weights(Clock::steady_time now) const {
    double weights = 0;
    for (const auto& [member, account] : members_) {
        weights += now - account.asked < 2 * window_ ? account.weight : 0;
    }
    return weights;
}

BudgetShares::Decision BudgetShares::spend(Member member, Cost cost, std::uint64_t limit, Clock::steady_time now) {
    const auto found = members_.find(member);
    if (found == members_.end()) {
        return {};
    }
    Account& account = found->second;
    account.asked = now;
    cost_of_past_ = cost.use == Use::past ? cost.amount : cost_of_past_;
    const double share =
        static_cast<double>(limit_) * account.weight / std::max(own_weights(now) + other_weights_, account.weight);
    const std::uint64_t used = all_.used(now);
    Decision decision{.within_share =
                          cost.use == Use::news && static_cast<double>(account.spent.used(now) + cost.amount) <= share};
    const std::uint64_t most = decision.within_share || used == 0 ? limit : without_reserve(limit, cost.use);
    if (used + cost.amount > most) {
        decision.again = all_.next_end();
        return decision;
    }
    const nanoseconds at_once = window_ / 100;
    if (!decision.within_share && lent_until_ > now + at_once) {
        const auto share_again = cost.use == Use::news ? account.spent.next_end() : Clock::steady_time::max();
        decision.again = std::min(lent_until_ - at_once, share_again);
        return decision;
    }
    lent_until_ = std::max(lent_until_, now) + part_of_window(cost);
    if (cost.use == Use::news) {
        account.spent.spend(cost.amount, now);
    }
    all_.spend(cost.amount, now);
    decision.granted = true;
    return decision;
}

nanoseconds BudgetShares::part_of_window(Cost cost) const noexcept {
    const double part = static_cast<double>(cost.amount) / static_cast<double>(limit_);
    return nanoseconds(static_cast<std::int64_t>(static_cast<double>(window_.count()) * part));
}

Clock::steady_time BudgetShares::past_until(std::uint64_t limit, Clock::steady_time now) {
    const std::uint64_t used = all_.used(now);
    if (used > 0 && used + cost_of_past_ > without_reserve(limit, Use::past)) {
        return all_.next_end();
    }
    return std::max(now, lent_until_ - window_ / 100);
}

void BudgetShares::take_back(Member member, Cost cost) {
    lent_until_ -= part_of_window(cost);
    all_.take_back(cost.amount);
    if (const auto found = members_.find(member); found != members_.end() && cost.use == Use::news) {
        found->second.spent.take_back(cost.amount);
    }
}

} // namespace streaming
