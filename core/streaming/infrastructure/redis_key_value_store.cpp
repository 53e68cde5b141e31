#include "core/streaming/infrastructure/redis_key_value_store.hpp"

#include <string>
#include <utility>

#include "core/streaming/infrastructure/redis_connection.hpp"

namespace streaming {

namespace {

using Kind = StoreCommand::Kind;

// Compare and act are one step only in a script (EVAL). The scripts use one key each, so they run on a cluster too.

constexpr std::string_view kAcquire =
    "local v=redis.call('GET',KEYS[1]) "
    "if v==false or v==ARGV[1] then redis.call('SET',KEYS[1],ARGV[1],'PX',ARGV[2]) return 1 end return 0";

constexpr std::string_view kRelease =
    "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) end return 0";

/// A hash of member -> end of its time in ms by the server's clock; the empty field holds the beginning.
constexpr std::string_view kAnnounce =
    "local t=redis.call('TIME') local now=t[1]*1000+math.floor(t[2]/1000) "
    "local since=redis.call('HGET',KEYS[1],'') "
    "if not since then since=now redis.call('HSET',KEYS[1],'',string.format('%.0f',now)) end "
    "redis.call('HSET',KEYS[1],ARGV[1],string.format('%.0f',now+ARGV[2])) "
    "local out={} local all=redis.call('HGETALL',KEYS[1]) "
    "for i=1,#all,2 do if all[i]~='' then "
    "if tonumber(all[i+1])>now then out[#out+1]=all[i] else redis.call('HDEL',KEYS[1],all[i]) end end end "
    "table.sort(out) table.insert(out,1,string.format('%.0f',now-since)) return table.concat(out,'\\n')";

/// A hash of hundredth of the window (counted since the epoch of the server's clock) -> what was spent in it.
constexpr std::string_view kSpend =
    "local t=redis.call('TIME') local now=t[1]*1000+math.floor(t[2]/1000) "
    "local cost,limit=string.match(ARGV[1],'^(%d+) (%d+)$') cost=tonumber(cost) limit=tonumber(limit) "
    "local window=tonumber(ARGV[2]) local width=math.ceil(window/100) "
    "local used=0 local first=nil local all=redis.call('HGETALL',KEYS[1]) "
    "for i=1,#all,2 do local last=(tonumber(all[i])+1)*width+window "
    "if last<=now then redis.call('HDEL',KEYS[1],all[i]) else used=used+tonumber(all[i+1]) "
    "if not first or last<first then first=last end end end "
    "if used+cost>limit then return string.format('0 %.0f %.0f',used,first and first-now or 0) end "
    "redis.call('HINCRBY',KEYS[1],string.format('%.0f',math.floor(now/width)),cost) "
    "redis.call('PEXPIRE',KEYS[1],window+2*width) return string.format('1 %.0f 0',used+cost)";

/// `ttl` zero = the script takes none.
void append_script(std::string& into, std::string_view script, const StoreCommand& command) {
    const bool expires = command.ttl.count() > 0;
    begin_redis_request(into, expires ? 6 : 5);
    append_redis_argument(into, "EVAL");
    append_redis_argument(into, script);
    append_redis_argument(into, "1");
    append_redis_argument(into, command.key);
    append_redis_argument(into, command.value);
    if (expires) {
        append_redis_argument(into, std::to_string(command.ttl.count()));
    }
}

void append_set_request(std::string& into, std::string_view name, const StoreCommand& command) {
    begin_redis_request(into, 2 + command.members.size());
    append_redis_argument(into, name);
    append_redis_argument(into, command.key);
    for (const std::string_view member : command.members) {
        append_redis_argument(into, member);
    }
}

void append_key_request(std::string& into, std::string_view name, std::string_view key) {
    begin_redis_request(into, 2);
    append_redis_argument(into, name);
    append_redis_argument(into, key);
}

void append_expire(std::string& into, const StoreCommand& command) {
    begin_redis_request(into, 3);
    append_redis_argument(into, "PEXPIRE");
    append_redis_argument(into, command.key);
    append_redis_argument(into, std::to_string(command.ttl.count()));
}

void append_set(std::string& into, const StoreCommand& command) {
    const bool expires = command.ttl.count() > 0;
    begin_redis_request(into, expires ? 5 : 3);
    append_redis_argument(into, "SET");
    append_redis_argument(into, command.key);
    append_redis_argument(into, command.value);
    if (expires) {
        append_redis_argument(into, "PX");
        append_redis_argument(into, std::to_string(command.ttl.count()));
    }
}

/// Sets of no members ask nothing: Redis refuses such commands.
void append_requests(std::string& into, const StoreCommand& command) {
    switch (command.kind) {
        case Kind::contains:
            if (!command.members.empty()) {
                append_set_request(into, "SMISMEMBER", command);
            }
            break;
        case Kind::add:
            if (!command.members.empty()) {
                append_set_request(into, "SADD", command);
                if (command.ttl.count() > 0) {
                    append_expire(into, command);
                }
            }
            break;
        case Kind::get:
            append_key_request(into, "GET", command.key);
            break;
        case Kind::set:
            append_set(into, command);
            break;
        case Kind::exists:
            append_key_request(into, "EXISTS", command.key);
            break;
        case Kind::erase:
            append_key_request(into, "DEL", command.key);
            break;
        case Kind::acquire:
            append_script(into, kAcquire, command);
            break;
        case Kind::release:
            append_script(into, kRelease, command);
            break;
        case Kind::announce:
            append_script(into, kAnnounce, command);
            break;
        case Kind::spend:
            append_script(into, kSpend, command);
            break;
        case Kind::depart:
            begin_redis_request(into, 3);
            append_redis_argument(into, "HDEL");
            append_redis_argument(into, command.key);
            append_redis_argument(into, command.value);
            break;
        case Kind::put:
            if (!command.members.empty()) {
                append_set_request(into, "HSET", command);
                if (command.ttl.count() > 0) {
                    append_expire(into, command);
                }
            }
            break;
        case Kind::fields:
            append_key_request(into, "HGETALL", command.key);
            break;
    }
}

/// Takes over what a reply says; false when it is not what the command is answered with.
bool take_reply(const RedisReply& reply, Kind kind, std::size_t members, StoreReply& into) {
    using Answer = RedisReply::Kind;
    switch (kind) {
        case Kind::contains:
            into.found.assign(reply.integers.begin(), reply.integers.end());
            return reply.kind == Answer::integers && reply.integers.size() == members;
        case Kind::get:
        case Kind::announce:
        case Kind::spend:
            if (reply.kind == Answer::text) {
                into.value = reply.text;
            }
            return reply.kind == Answer::text || (reply.kind == Answer::nil && kind == Kind::get);
        case Kind::exists:
        case Kind::acquire:
        case Kind::release:
            into.found.assign(1, reply.integer != 0 ? 1 : 0);
            return reply.kind == Answer::integer;
        case Kind::set:
            return reply.kind == Answer::status;
        case Kind::add:
        case Kind::erase:
        case Kind::depart:
        case Kind::put:
            return reply.kind == Answer::integer;
        case Kind::fields: // none: an array of nothing, which is one of integers too
            into.texts = reply.texts;
            return reply.kind == Answer::texts || (reply.kind == Answer::integers && reply.integers.empty());
    }
    return false;
}

} // namespace

RedisKeyValueStore::RedisKeyValueStore(const RedisOptions& options)
    : connection_(std::make_unique<RedisConnection>(options)) {}

RedisKeyValueStore::~RedisKeyValueStore() = default;

Status RedisKeyValueStore::ensure_connected() { return connection_->is_open() ? Status() : connection_->open(); }

Status RedisKeyValueStore::ping() {
    if (!outstanding_.empty()) {
        return connection_->error(ErrorCode::invalid_argument, "ping while answers are outstanding", false);
    }
    if (Status status = ensure_connected(); !status) {
        return status;
    }
    Status status = connection_->write("*1\r\n$4\r\nPING\r\n");
    if (status) {
        status = connection_->read(connection_->command_deadline());
        if (status && connection_->reply().kind == RedisReply::Kind::error) {
            status = connection_->error_of(connection_->reply());
        }
    }
    if (!status) {
        close();
    }
    return status;
}

Status RedisKeyValueStore::send(std::span<const StoreCommand> commands) {
    if (Status status = ensure_connected(); !status) {
        return status;
    }
    std::vector<Expected> expected;
    if (!spare_.empty()) {
        expected = std::move(spare_.back());
        spare_.pop_back();
        expected.clear();
    }
    requests_.clear();
    for (const StoreCommand& command : commands) {
        append_requests(requests_, command);
        expected.push_back(
            {.kind = command.kind, .members = command.members.size(), .expires = command.ttl.count() > 0});
    }
    if (!requests_.empty()) {
        if (Status status = connection_->write(requests_); !status) {
            close();
            return status;
        }
    }
    outstanding_.push_back(std::move(expected));
    return {};
}

Status RedisKeyValueStore::receive(std::vector<StoreReply>& replies) {
    if (outstanding_.empty()) {
        return connection_->error(ErrorCode::unavailable, "no answer is outstanding: the connection was closed", true);
    }
    Status status = receive_all(outstanding_.front(), replies);
    if (!status) {
        close(); // whatever is still on its way belongs to nobody now
        return status;
    }
    spare_.push_back(std::move(outstanding_.front()));
    outstanding_.erase(outstanding_.begin());
    return status;
}

Status RedisKeyValueStore::receive_all(std::span<const Expected> commands, std::vector<StoreReply>& replies) {
    replies.resize(commands.size());
    const auto deadline = connection_->command_deadline();
    for (std::size_t i = 0; i < commands.size(); ++i) {
        const Expected& command = commands[i];
        StoreReply& into = replies[i];
        into.found.clear();
        into.value.reset();
        into.texts.clear();
        const bool writes_members = command.kind == Kind::add || command.kind == Kind::put;
        const bool of_members = writes_members || command.kind == Kind::contains;
        std::size_t left = of_members && command.members == 0 ? 0 : 1;
        if (writes_members && left != 0 && command.expires) {
            left = 2; // SADD or HSET, and PEXPIRE
        }
        for (; left > 0; --left) {
            if (Status status = connection_->read(deadline); !status) {
                return status;
            }
            const RedisReply& reply = connection_->reply();
            if (reply.kind == RedisReply::Kind::error) {
                return connection_->error_of(reply);
            }
            if (!take_reply(reply, command.kind, command.members, into)) {
                return connection_->error(ErrorCode::malformed, "an answer of an unexpected kind", true);
            }
        }
    }
    return {};
}

void RedisKeyValueStore::close() noexcept {
    connection_->close();
    outstanding_.clear();
}

} // namespace streaming
