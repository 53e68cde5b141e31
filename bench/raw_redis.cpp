#include "bench/raw_redis.hpp"

#include <sys/socket.h>
#include <cstdlib>

#include "bench/raw_client.hpp"

namespace bench::raw {
namespace {

/// Integers of an array become bytes of the vector behind the reader; nothing is allocated for a reply.
void* const kReply = const_cast<char*>("reply");

void* take_string(const redisReadTask* task, char* text, size_t length) {
    if (task->type == REDIS_REPLY_ERROR) {
        fail("Redis: " + std::string(text, length));
    }
    return kReply;
}
void* take_array(const redisReadTask*, int) { return kReply; }
void* take_integer(const redisReadTask* task, long long value) {
    if (task->parent != nullptr) {
        static_cast<std::vector<std::uint8_t>*>(task->privdata)->push_back(value != 0 ? 1 : 0);
    }
    return kReply;
}
void* take_nil(const redisReadTask*) { return kReply; }
void free_reply(void*) {}

redisReplyObjectFunctions functions{take_string, take_array, take_integer, take_nil, free_reply};

} // namespace

Redis connect_redis(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos) {
        fail("no host:port: " + address);
    }
    Redis redis(redisConnect(address.substr(0, colon).c_str(), std::atoi(address.c_str() + colon + 1)));
    return redis != nullptr && redis->err == 0 ? std::move(redis) : nullptr;
}

long long ask_redis(redisContext* redis, const std::vector<std::string>& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> lengths;
    for (const std::string& word : words) {
        texts.push_back(word.data());
        lengths.push_back(word.size());
    }
    auto* reply =
        static_cast<redisReply*>(redisCommandArgv(redis, static_cast<int>(words.size()), texts.data(), lengths.data()));
    if (reply == nullptr || reply->type == REDIS_REPLY_ERROR) {
        fail("Redis: " + words[0] + ": " + (reply == nullptr ? redis->errstr : reply->str));
    }
    const long long integer = reply->integer;
    freeReplyObject(reply);
    return integer;
}

std::string bucket_key(const std::string& group, std::int64_t bucket) {
    return "dedup:" + group + ":" + std::to_string(bucket);
}

std::int64_t bucket_now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()) / kTimeToLive;
}

IdSets::IdSets(const std::string& address, std::string group)
    : redis_(connect_redis(address)), group_(std::move(group)) {
    if (redis_ == nullptr) {
        fail("no Redis at " + address);
    }
    redis_->reader->fn = &functions;
    redis_->reader->privdata = &answers_;
}

void IdSets::append_word(std::string_view word) {
    request_ += '$';
    request_ += std::to_string(word.size());
    request_ += "\r\n";
    request_ += word;
    request_ += "\r\n";
}

void IdSets::append_set(std::string_view command, const std::string& key, std::size_t count, std::string_view members) {
    request_ += '*';
    request_ += std::to_string(2 + count);
    request_ += "\r\n";
    append_word(command);
    append_word(key);
    request_ += members;
}

void IdSets::send(const std::vector<PackedId>& marks, const std::vector<PackedId>& asked) {
    const auto write_members = [this](const std::vector<PackedId>& ids) {
        members_.clear();
        for (const PackedId& id : ids) {
            members_ += "$16\r\n";
            members_.append(id.data(), id.size());
            members_ += "\r\n";
        }
    };
    const std::int64_t bucket = bucket_now();
    const std::string key = bucket_key(group_, bucket);
    Expected expected{.asked = asked.size()};
    request_.clear();
    if (!marks.empty()) {
        write_members(marks);
        append_set("SADD", key, marks.size(), members_);
        request_ += "*3\r\n";
        append_word("EXPIRE");
        append_word(key);
        append_word(std::to_string(2 * kTimeToLive.count()));
        expected.replies += 2;
    }
    if (!asked.empty()) {
        write_members(asked); // the same bytes for both sets
        append_set("SMISMEMBER", key, asked.size(), members_);
        append_set("SMISMEMBER", bucket_key(group_, bucket - 1), asked.size(), members_);
        expected.replies += 2;
    }
    write();
    expected_.push_back(expected);
}

void IdSets::write() {
    std::string_view rest = request_;
    while (!rest.empty()) {
        const ssize_t sent = ::send(redis_->fd, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            fail("Redis: the connection is gone");
        }
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
}

const std::vector<std::uint8_t>& IdSets::receive() {
    const Expected expected = expected_.front();
    expected_.erase(expected_.begin());
    answers_.clear();
    for (std::size_t left = expected.replies; left > 0; --left) {
        void* reply = nullptr;
        if (redisGetReply(redis_.get(), &reply) != REDIS_OK) {
            fail(std::string("Redis: ") + redis_->errstr);
        }
    }
    if (answers_.size() != 2 * expected.asked) {
        fail("Redis: an answer of the wrong size");
    }
    known_.assign(answers_.begin(), answers_.begin() + static_cast<std::ptrdiff_t>(expected.asked));
    for (std::size_t index = 0; index < expected.asked; ++index) {
        known_[index] |= answers_[expected.asked + index];
    }
    return known_;
}

} // namespace bench::raw
