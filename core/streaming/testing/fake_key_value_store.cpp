#include "core/streaming/testing/fake_key_value_store.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace streaming::fakes {
namespace {

Error unavailable(const char* why) { return {ErrorCode::unavailable, why, true}; }

Error wrong_kind(std::string_view key) {
    return {ErrorCode::invalid_argument, fmt::format("key {}: holds the other kind of value", key)};
}

} // namespace

void FakeStore::set_down(bool down) {
    const std::lock_guard lock(entries_mutex_);
    down_ = down;
}

void FakeStore::lose_everything() {
    const std::lock_guard lock(entries_mutex_);
    entries_.clear();
}

void FakeStore::fail_next(std::size_t count) { sends_.add(count, unavailable("the fake store failed a send")); }

void FakeStore::fail_next_replies(std::size_t count) {
    replies_.add(count, unavailable("the fake store lost its answers"));
}

std::vector<std::string> FakeStore::keys() const {
    const std::lock_guard lock(entries_mutex_);
    std::vector<std::string> names;
    for (const auto& [key, entry] : entries_) {
        if (find(key) != nullptr) {
            names.push_back(key);
        }
    }
    return names;
}

std::set<std::string> FakeStore::members(const std::string& key) const {
    const std::lock_guard lock(entries_mutex_);
    const Entry* entry = find(key);
    return entry == nullptr ? std::set<std::string>{}
                            : std::set<std::string>(entry->members.begin(), entry->members.end());
}

std::optional<std::string> FakeStore::value(const std::string& key) const {
    const std::lock_guard lock(entries_mutex_);
    const Entry* entry = find(key);
    return entry == nullptr ? std::nullopt : entry->value;
}

std::optional<std::chrono::nanoseconds> FakeStore::ttl(const std::string& key) const {
    const std::lock_guard lock(entries_mutex_);
    const Entry* entry = find(key);
    return entry == nullptr || !entry->expires ? std::nullopt : std::optional(*entry->expires - clock_.now());
}

std::size_t FakeStore::sends() const {
    const std::lock_guard lock(entries_mutex_);
    return pipelines_;
}

std::optional<Error> FakeStore::refusal() const {
    const std::lock_guard lock(entries_mutex_);
    return down_ ? std::optional(unavailable("the fake store is down")) : std::nullopt;
}

Result<std::vector<StoreReply>> FakeStore::run(std::span<const StoreCommand> commands) {
    const std::lock_guard lock(entries_mutex_);
    ++pipelines_;
    std::vector<StoreReply> replies;
    std::optional<Error> first_error;
    for (const StoreCommand& command : commands) {
        auto reply = run(command);
        if (reply.ok()) {
            replies.push_back(std::move(reply).value());
        } else if (!first_error) {
            first_error = reply.error(); // the others of the pipeline run all the same
        }
    }
    if (first_error) {
        return *first_error;
    }
    return replies;
}

Result<StoreReply> FakeStore::run(const StoreCommand& command) {
    const Entry* entry = find(command.key);
    switch (command.kind) {
        case StoreCommand::Kind::contains:
            return contains(command);
        case StoreCommand::Kind::add:
            if (const Status added = add(command); !added) {
                return added.error();
            }
            return StoreReply{};
        case StoreCommand::Kind::get:
            if (entry != nullptr && !entry->value) {
                return wrong_kind(command.key);
            }
            return StoreReply{.value = entry == nullptr ? std::nullopt : entry->value};
        case StoreCommand::Kind::set:
            entries_.insert_or_assign(std::string(command.key),
                                      Entry{.value = std::string(command.value), .expires = end_of(command.ttl)});
            return StoreReply{};
        case StoreCommand::Kind::exists:
            return StoreReply{.found = {static_cast<std::uint8_t>(entry != nullptr ? 1 : 0)}};
        case StoreCommand::Kind::erase:
            entries_.erase(std::string(command.key));
            return StoreReply{};
        case StoreCommand::Kind::acquire:
            return acquire(command);
        case StoreCommand::Kind::release:
            return release(command);
        case StoreCommand::Kind::announce:
            return announce(command);
        case StoreCommand::Kind::depart:
            if (const Status departed = depart(command); !departed) {
                return departed.error();
            }
            return StoreReply{};
        case StoreCommand::Kind::put:
            if (const Status written = put(command); !written) {
                return written.error();
            }
            return StoreReply{};
        case StoreCommand::Kind::fields:
            return fields(command);
        case StoreCommand::Kind::spend:
            return spend(command);
    }
    return Error{ErrorCode::invalid_argument, "no such command"};
}

Result<StoreReply> FakeStore::contains(const StoreCommand& command) {
    const Entry* entry = find(command.key);
    if (entry != nullptr && !entry->may_be_set()) {
        return wrong_kind(command.key);
    }
    StoreReply reply;
    for (const std::string_view member : command.members) {
        reply.found.push_back(entry != nullptr && entry->members.contains(member) ? 1 : 0);
    }
    return reply;
}

Status FakeStore::add(const StoreCommand& command) {
    const Entry* current = find(command.key);
    if (current != nullptr && !current->may_be_set()) {
        return wrong_kind(command.key);
    }
    if (current == nullptr) {
        entries_.erase(std::string(command.key));
    }
    Entry& entry = entries_[std::string(command.key)];
    for (const std::string_view member : command.members) {
        entry.members.emplace(member);
    }
    entry.expires = end_of(command.ttl);
    return {};
}

Result<StoreReply> FakeStore::acquire(const StoreCommand& command) {
    const Entry* current = find(command.key);
    if (current != nullptr && !current->value) {
        return wrong_kind(command.key);
    }
    if (current != nullptr && *current->value != command.value) {
        return StoreReply{.found = {0}};
    }
    entries_.insert_or_assign(std::string(command.key),
                              Entry{.value = std::string(command.value), .expires = end_of(command.ttl)});
    return StoreReply{.found = {1}};
}

Result<StoreReply> FakeStore::release(const StoreCommand& command) {
    const Entry* current = find(command.key);
    if (current != nullptr && !current->value) {
        return wrong_kind(command.key);
    }
    const bool own = current != nullptr && *current->value == command.value;
    if (own) {
        entries_.erase(std::string(command.key));
    }
    return StoreReply{.found = {static_cast<std::uint8_t>(own ? 1 : 0)}};
}

Result<StoreReply> FakeStore::announce(const StoreCommand& command) {
    const auto now = clock_.now();
    const Entry* current = find(command.key);
    if (current != nullptr && !current->since) {
        return wrong_kind(command.key);
    }
    if (current == nullptr) {
        entries_.insert_or_assign(std::string(command.key), Entry{.since = now});
    }
    Entry& entry = entries_.find(command.key)->second;
    entry.announced.insert_or_assign(std::string(command.value), now + command.ttl);
    std::erase_if(entry.announced, [&](const auto& member) { return member.second <= now; });
    std::string lines =
        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now - *entry.since).count());
    for (const auto& [member, end] : entry.announced) {
        lines += '\n' + member;
    }
    return StoreReply{.value = std::move(lines)};
}

Status FakeStore::depart(const StoreCommand& command) {
    const Entry* current = find(command.key);
    if (current != nullptr && !current->since) {
        return wrong_kind(command.key);
    }
    if (current != nullptr) {
        entries_.find(command.key)->second.announced.erase(std::string(command.value));
    }
    return {};
}

Status FakeStore::put(const StoreCommand& command) {
    const Entry* current = find(command.key);
    if (current != nullptr && current->fields.empty()) {
        return wrong_kind(command.key);
    }
    if (command.members.empty()) {
        return {};
    }
    if (current == nullptr) {
        entries_.erase(std::string(command.key));
    }
    Entry& entry = entries_[std::string(command.key)];
    for (std::size_t i = 0; i + 1 < command.members.size(); i += 2) {
        entry.fields.insert_or_assign(std::string(command.members[i]), std::string(command.members[i + 1]));
    }
    entry.expires = end_of(command.ttl);
    return {};
}

Result<StoreReply> FakeStore::fields(const StoreCommand& command) {
    const Entry* entry = find(command.key);
    if (entry != nullptr && entry->fields.empty()) {
        return wrong_kind(command.key);
    }
    StoreReply reply;
    if (entry != nullptr) {
        for (const auto& [field, value] : entry->fields) {
            reply.texts.push_back(field);
            reply.texts.push_back(value);
        }
    }
    return reply;
}

Result<StoreReply> FakeStore::spend(const StoreCommand& command) {
    const Entry* current = find(command.key);
    const std::size_t space = command.value.find(' ');
    if ((current != nullptr && current->spent.empty()) || space == std::string_view::npos) {
        return wrong_kind(command.key);
    }
    const std::uint64_t cost = std::stoull(std::string(command.value.substr(0, space)));
    const std::uint64_t limit = std::stoull(std::string(command.value.substr(space + 1)));
    const std::chrono::nanoseconds width = (command.ttl + std::chrono::milliseconds(99)) / 100;
    const auto now = clock_.now().time_since_epoch();
    Entry entry = current == nullptr ? Entry{} : *current;
    std::erase_if(entry.spent, [&](const auto& part) { return (part.first + 1) * width + command.ttl <= now; });
    std::uint64_t used = 0;
    for (const auto& [index, spent] : entry.spent) {
        used += spent;
    }
    if (used + cost > limit) {
        const auto end = entry.spent.empty() ? now : (entry.spent.begin()->first + 1) * width + command.ttl;
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(end - now);
        return StoreReply{.value = fmt::format("0 {} {}", used, wait.count())};
    }
    entry.spent[now / width] += cost;
    entry.expires = end_of(command.ttl + std::chrono::duration_cast<std::chrono::milliseconds>(2 * width));
    entries_.insert_or_assign(std::string(command.key), std::move(entry));
    return StoreReply{.value = fmt::format("1 {} 0", used + cost)};
}

const FakeStore::Entry* FakeStore::find(std::string_view key) const {
    const auto found = entries_.find(key);
    const bool there = found != entries_.end() && (!found->second.expires || *found->second.expires > clock_.now());
    return there ? &found->second : nullptr;
}

std::optional<Clock::steady_time> FakeStore::end_of(std::chrono::milliseconds ttl) const {
    return ttl.count() == 0 ? std::nullopt : std::optional(clock_.now() + ttl);
}

Status FakeKeyValueStore::ping() {
    if (const auto error = store_.refusal()) {
        close();
        return *error;
    }
    return {};
}

Status FakeKeyValueStore::send(std::span<const StoreCommand> commands) {
    auto error = store_.refusal();
    if (!error) {
        error = store_.sends_.take();
    }
    if (error) {
        close();
        return *error;
    }
    unanswered_.push_back(store_.run(commands));
    return {};
}

Status FakeKeyValueStore::receive(std::vector<StoreReply>& replies) {
    auto error = store_.refusal();
    if (!error) {
        error = store_.replies_.take();
    }
    if (!error && unanswered_.empty()) {
        error = unavailable("no answer is outstanding");
    }
    if (!error && !unanswered_.front().ok()) {
        error = unanswered_.front().error();
    }
    if (error) {
        close();
        return *error;
    }
    replies = std::move(unanswered_.front()).value();
    unanswered_.pop_front();
    return {};
}

void FakeKeyValueStore::close() noexcept { unanswered_.clear(); }

} // namespace streaming::fakes
