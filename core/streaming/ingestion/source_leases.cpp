#include "core/streaming/ingestion/source_leases.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <xxhash.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace streaming {
namespace {

constexpr int kRoundsALease = 3;
/// After a failure, and while something is waited for.
constexpr int kHurriedRoundsALease = 12;
/// The part of a lease that is not used: clocks that go differently, and the way from `may_poll` to the request.
constexpr int kMargin = 10;

using Kind = StoreCommand::Kind;

std::uint64_t weight(std::string_view source, const std::string& member) {
    return XXH3_64bits_withSeed(source.data(), source.size(), XXH3_64bits(member.data(), member.size()));
}

} // namespace

const std::string& member_of(std::string_view source, const std::vector<std::string>& members) {
    return *std::ranges::max_element(members, [&](const std::string& one, const std::string& other) {
        return std::pair(weight(source, one), std::string_view(one)) <
               std::pair(weight(source, other), std::string_view(other));
    });
}

SourceLeases::SourceLeases(const SharingOptions& options, Dependencies dependencies)
    : dependencies_(std::move(dependencies)), lease_(options.lease) {}

std::string SourceLeases::source_key(const std::string& name) const {
    return fmt::format("lease:{}:{}", dependencies_.service, name);
}

std::optional<std::uint64_t> SourceLeases::tenure(const std::string& source) const {
    const std::lock_guard lock(leases_mutex_);
    const auto found = leases_.find(source);
    const bool mine =
        found != leases_.end() && !found->second.leaving && dependencies_.clock.now() < found->second.until;
    return mine ? std::optional(found->second.tenure) : std::nullopt;
}

SharingStatus SourceLeases::status() const {
    const auto now = dependencies_.clock.now();
    const std::lock_guard lock(leases_mutex_);
    SharingStatus status{.members = members_, .trouble = trouble_};
    for (const auto& [name, lease] : leases_) {
        if (!lease.leaving && now < lease.until) {
            status.owned.push_back(name);
        }
    }
    return status;
}

bool SourceLeases::in_trouble() const {
    const std::lock_guard lock(leases_mutex_);
    return !trouble_.empty();
}

void SourceLeases::set_sources(std::vector<std::string> names) {
    std::ranges::sort(names);
    const std::lock_guard lock(leases_mutex_);
    sources_ = std::move(names);
    for (auto& [name, lease] : leases_) {
        lease.leaving = lease.leaving || !std::ranges::binary_search(sources_, name);
    }
}

std::optional<Clock::steady_time> SourceLeases::maintain() {
    if (dependencies_.store == nullptr) {
        set_trouble("sharing: leases need Redis, and none is configured: no source is polled");
        return std::nullopt;
    }
    auto members = announce();
    Round round;
    Status status = members.ok() ? Status() : Status(members.error());
    if (status.ok()) {
        round = plan(members.value());
        status = carry_out(round);
    }
    set_trouble(status.ok() ? ""
                            : fmt::format("sharing: {}; leases that are not renewed end, no source is polled then",
                                          status.error().message));
    const bool hurry = !status.ok() || round.again_soon;
    return dependencies_.clock.now() + lease_ / (hurry ? kHurriedRoundsALease : kRoundsALease);
}

Result<Register> SourceLeases::announce() {
    const std::string key = register_key();
    const StoreCommand command{.kind = Kind::announce, .key = key, .value = dependencies_.instance, .ttl = lease_};
    std::vector<StoreReply> replies;
    Status status = dependencies_.store->send({&command, 1});
    if (status.ok()) {
        status = dependencies_.store->receive(replies);
    }
    if (!status.ok()) {
        return status.error();
    }
    auto members = Register::parse(replies.front().value.value_or(""));
    if (!members || members->members.empty()) {
        return Error{ErrorCode::malformed, fmt::format("{}: the store's answer is no register", key), true};
    }
    return *std::move(members);
}

/// Reads the leases without their lock: only the thread that is here changes them.
SourceLeases::Round SourceLeases::plan(const Register& members) {
    const auto now = dependencies_.clock.now();
    const auto ours = [&](const std::string& name) {
        return std::ranges::binary_search(sources_, name) && member_of(name, members.members) == dependencies_.instance;
    };
    {
        const std::lock_guard lock(leases_mutex_);
        members_ = members.members;
        std::erase_if(leases_, [&](const auto& held) { return held.second.until <= now; });
    }
    Round round;
    for (auto& [name, lease] : leases_) {
        plan_held(round, name, lease, ours(name));
    }
    for (const std::string& name : sources_) {
        if (leases_.contains(name) || !ours(name)) {
            continue;
        }
        if (members.age < lease_) {
            round.again_soon = true; // somebody may hold what the store does not know of
        } else {
            round.add(name, Kind::acquire);
        }
    }
    return round;
}

void SourceLeases::plan_held(Round& round, const std::string& name, Lease& lease, bool ours) {
    const bool was_leaving = lease.leaving;
    {
        const std::lock_guard lock(leases_mutex_);
        lease.leaving = !ours;
    }
    const bool in_use = dependencies_.in_use != nullptr && dependencies_.in_use(name);
    round.again_soon = round.again_soon || !ours;
    round.add(name, ours || !was_leaving || in_use ? Kind::acquire : Kind::release);
}

/// What is given back is ours no more before the store is told: the answer may be lost.
Status SourceLeases::carry_out(Round& round) {
    std::vector<std::string> keys;
    std::vector<StoreCommand> commands;
    keys.reserve(round.names.size());
    commands.reserve(round.names.size());
    for (std::size_t i = 0; i < round.names.size(); ++i) {
        keys.push_back(source_key(round.names[i]));
        commands.push_back({.kind = round.kinds[i], .key = keys[i], .value = dependencies_.instance, .ttl = lease_});
        if (round.kinds[i] == Kind::release) {
            commands[i].ttl = {};
            const bool moves = !round.last && std::ranges::binary_search(sources_, round.names[i]);
            dependencies_.log.info("sharing: source {} {}", round.names[i],
                                   moves ? "goes to another process" : "is given back");
            const std::lock_guard lock(leases_mutex_);
            leases_.erase(round.names[i]);
        }
    }
    if (commands.empty()) {
        return {};
    }
    const auto asked_at = dependencies_.clock.now();
    Status status = dependencies_.store->send(commands);
    std::vector<StoreReply> replies;
    if (status.ok()) {
        status = dependencies_.store->receive(replies);
    }
    if (status.ok()) {
        apply(round, replies, asked_at);
    }
    return status;
}

void SourceLeases::apply(Round& round, const std::vector<StoreReply>& replies, Clock::steady_time asked_at) {
    for (std::size_t i = 0; i < round.names.size(); ++i) {
        if (round.kinds[i] != Kind::acquire) {
            continue;
        }
        const std::string& name = round.names[i];
        const bool held = leases_.contains(name);
        const bool granted = replies[i].found.front() != 0;
        {
            const std::lock_guard lock(leases_mutex_);
            if (granted) {
                Lease& lease = leases_[name];
                if (lease.until <= dependencies_.clock.now()) { // new, or it had ended: somebody may have had it since
                    lease.tenure = ++tenures_;
                }
                lease.until = asked_at + lease_ - lease_ / kMargin;
            } else {
                leases_.erase(name);
            }
        }
        round.again_soon = round.again_soon || !granted;
        if (granted && !held) {
            dependencies_.log.info("sharing: source {} is polled here", name);
        } else if (!granted && held) {
            dependencies_.log.warn("sharing: source {} was taken over by another process", name);
        }
    }
}

void SourceLeases::leave() noexcept {
    if (dependencies_.store == nullptr) {
        return;
    }
    try {
        Round round{.last = true};
        for (const auto& [name, lease] : leases_) {
            round.add(name, Kind::release);
        }
        Status status = carry_out(round);
        const std::string key = register_key();
        const StoreCommand command{.kind = Kind::depart, .key = key, .value = dependencies_.instance};
        std::vector<StoreReply> replies;
        if (status.ok()) {
            status = dependencies_.store->send({&command, 1});
        }
        if (status.ok()) {
            status = dependencies_.store->receive(replies);
        }
        if (!status.ok()) {
            dependencies_.log.warn("sharing: {}; the leases end by themselves", status.error().message);
        }
    } catch (const std::exception& error) {
        dependencies_.log.warn("sharing: {}; the leases end by themselves", error.what());
    }
}

void SourceLeases::set_trouble(std::string trouble) {
    if (trouble != trouble_ && !trouble.empty()) {
        dependencies_.log.warn("{}", trouble);
    } else if (trouble.empty() && !trouble_.empty()) {
        dependencies_.log.info("sharing: the store answers again");
    }
    const std::lock_guard lock(leases_mutex_);
    trouble_ = std::move(trouble);
}

} // namespace streaming
