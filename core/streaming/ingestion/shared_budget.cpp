#include "core/streaming/ingestion/shared_budget.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace streaming {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kAnnounceAgain{5};
/// A store that is away is looked for this often, since each look may take its connect timeout.
constexpr std::chrono::seconds kLookForStore{5};
/// When nothing tells when asking again helps.
constexpr milliseconds kAskAgain{1'000};

} // namespace

SharedBudget::SharedBudget(Dependencies dependencies, const ApiBudgetOptions& options)
    : dependencies_(std::move(dependencies)),
      options_(options),
      key_("budget:" + options.name),
      members_key_(key_ + ":members"),
      shares_(options.limit, options.window) {}

SharedBudget::~SharedBudget() {
    if (dependencies_.store == nullptr || contact_.announcement.empty()) {
        return;
    }
    const StoreCommand command{.kind = StoreCommand::Kind::depart, .key = members_key_, .value = contact_.announcement};
    (void)dependencies_.store->send({&command, 1}).ok(); // else its time runs out
}

SharedBudget::Member SharedBudget::join(double weight) {
    const auto now = dependencies_.clock.now();
    const std::lock_guard lock(budget_mutex_);
    return shares_.join(weight, now);
}

void SharedBudget::leave(Member member) {
    {
        const std::lock_guard lock(budget_mutex_);
        shares_.leave(member);
    }
    changed_.notify_all();
}

Status SharedBudget::spend(Member member, std::uint64_t cost, Clock::steady_time give_up, const std::stop_token& stop,
                           Use use) {
    if (cost > options_.limit) {
        return Error{.code = ErrorCode::invalid_argument,
                     .message = fmt::format("budget {}: a request costs {}, the limit is {}", options_.name, cost,
                                            options_.limit)};
    }
    while (true) {
        if (stop.stop_requested()) {
            return Error{.code = ErrorCode::stopped, .message = fmt::format("budget {}: stopped", options_.name)};
        }
        const BudgetShares::Decision decision = try_spend(member, {.amount = cost, .use = use});
        if (decision.granted) {
            return {};
        }
        const auto now = dependencies_.clock.now();
        const auto again = decision.again == Clock::steady_time::max() ? now + kAskAgain : decision.again;
        if (again > give_up) {
            return Error{.code = ErrorCode::rate_limited,
                         .message = fmt::format("budget {}: {} in {} s are used up, the next may go in {} ms",
                                                options_.name, options_.limit, options_.window.count() / 1000,
                                                std::chrono::ceil<milliseconds>(again - now).count()),
                         .retryable = true};
        }
        std::unique_lock lock(budget_mutex_);
        dependencies_.clock.wait_until(lock, changed_, again, stop);
    }
}

BudgetShares::Decision SharedBudget::try_spend(Member member, BudgetShares::Cost cost) {
    const auto now = dependencies_.clock.now();
    BudgetShares::Decision decision;
    bool ask = false;
    {
        const std::lock_guard lock(budget_mutex_);
        if (paused_until_ > now) {
            return {.again = paused_until_};
        }
        decision = shares_.spend(member, cost, limit_now(now), now);
        ask = dependencies_.store != nullptr && (contact_.here || now - contact_.looked >= kLookForStore);
    }
    if (!decision.granted || !ask) {
        return decision;
    }
    const std::uint64_t kept_back = options_.limit - options_.limit * 2 / 100;
    const std::uint64_t most = decision.within_share ? kept_back : BudgetShares::without_reserve(kept_back, cost.use);
    const auto spending = ask_store(cost.amount, most);
    if (!spending) { // by itself, as far as that goes: decided anew
        const std::lock_guard lock(budget_mutex_);
        shares_.take_back(member, cost);
        return shares_.spend(member, cost, limit_now(now), now);
    }
    if (!spending->granted) {
        const std::lock_guard lock(budget_mutex_);
        shares_.take_back(member, cost);
        return {.again = now + std::max(spending->wait, milliseconds(1))};
    }
    return decision;
}

std::uint64_t SharedBudget::own_part(Clock::steady_time now) const {
    const double own = shares_.own_weights(now);
    const double part = contact_.knows_others ? own / std::max(own + shares_.other_weights(), 1e-9) : 0.25;
    return static_cast<std::uint64_t>(static_cast<double>(options_.limit) * part);
}

std::uint64_t SharedBudget::limit_now(Clock::steady_time now) {
    if (dependencies_.store == nullptr || (contact_.here && !contact_.changed)) {
        return options_.limit;
    }
    const bool within_window = now - *contact_.changed < options_.window;
    const std::uint64_t part = own_part(now);
    const std::uint64_t little = part * 2 / 100;
    if (contact_.here) {
        const std::uint64_t known_part = contact_.knows_others ? part : little;
        return within_window ? known_part : options_.limit;
    }
    return within_window ? std::min(part, std::max(contact_.used_then, little)) : part;
}

std::vector<StoreCommand> SharedBudget::commands_for(const std::string& amount, std::string& announcement) {
    const auto now = dependencies_.clock.now();
    const std::lock_guard lock(budget_mutex_);
    std::string said = fmt::format("{} {}", dependencies_.process, shares_.own_weights(now));
    std::vector<StoreCommand> commands;
    if (said != contact_.announcement || now - contact_.announced >= kAnnounceAgain) {
        announcement = std::exchange(contact_.announcement, std::move(said));
        contact_.announced = now;
        if (!announcement.empty() && announcement != contact_.announcement) {
            commands.push_back({.kind = StoreCommand::Kind::depart, .key = members_key_, .value = announcement});
        }
        commands.push_back({.kind = StoreCommand::Kind::announce,
                            .key = members_key_,
                            .value = contact_.announcement,
                            .ttl = 2 * options_.window});
    }
    commands.push_back({.kind = StoreCommand::Kind::spend, .key = key_, .value = amount, .ttl = options_.window});
    return commands;
}

std::optional<Spending> SharedBudget::ask_store(std::uint64_t cost, std::uint64_t limit) {
    const std::lock_guard connection(store_mutex_); // one pipeline at a time; nothing of others is held meanwhile
    const std::string amount = fmt::format("{} {}", cost, limit);
    std::string former; // lent to the commands
    const std::vector<StoreCommand> commands = commands_for(amount, former);
    std::vector<StoreReply> replies;
    Status status = dependencies_.store->send(commands);
    if (status) {
        status = dependencies_.store->receive(replies);
    }
    const auto spending = status ? Spending::parse(replies.back().value.value_or("")) : std::nullopt;
    if (!spending) {
        lose_store(status ? Error{.code = ErrorCode::malformed, .message = "an answer of another kind"}
                          : status.error());
        return std::nullopt;
    }
    const auto now = dependencies_.clock.now();
    const std::lock_guard lock(budget_mutex_);
    if (!contact_.here) {
        contact_.here = true;
        contact_.changed = now;
        if (dependencies_.log != nullptr) {
            dependencies_.log->info("budget {}: is shared through the store again", options_.name);
        }
    }
    if (replies.size() > 1) {
        take_register(replies[replies.size() - 2].value.value_or(""));
    }
    return spending;
}

void SharedBudget::take_register(const std::string& value) {
    const auto members = Register::parse(value);
    if (!members) {
        return;
    }
    double others = 0;
    for (const std::string& member : members->members) {
        const std::size_t space = member.find(' ');
        double weight = 0;
        if (space != std::string::npos && member.substr(0, space) != dependencies_.process) {
            (void)std::from_chars(member.data() + space + 1, member.data() + member.size(), weight);
        }
        others += weight;
    }
    if (members->age < options_.window) { // the store is new, or lost what it held: not all have told it of them yet
        shares_.set_other_weights(std::max(others, shares_.other_weights()));
        return;
    }
    shares_.set_other_weights(others);
    contact_.knows_others = true;
}

void SharedBudget::lose_store(const Error& error) {
    const auto now = dependencies_.clock.now();
    const std::lock_guard lock(budget_mutex_);
    contact_.announced = {};
    contact_.looked = now;
    if (contact_.here) {
        contact_.here = false;
        contact_.used_then = shares_.used(now);
        if (dependencies_.log != nullptr) {
            dependencies_.log->warn("budget {}: {}; this process goes on with its part of it", options_.name,
                                    error.message);
        }
        contact_.changed = now;
    }
}

void SharedBudget::pause_until(Clock::steady_time time) {
    const std::lock_guard lock(budget_mutex_);
    paused_until_ = std::max(paused_until_, time);
}

Clock::steady_time SharedBudget::past_until() {
    const auto now = dependencies_.clock.now();
    const std::lock_guard lock(budget_mutex_);
    return shares_.past_until(limit_now(now), now);
}

Clock::steady_time SharedBudget::paused_until() const {
    const std::lock_guard lock(budget_mutex_);
    return paused_until_;
}

} // namespace streaming
