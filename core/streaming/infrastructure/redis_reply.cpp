#include "core/streaming/infrastructure/redis_reply.hpp"

namespace streaming {

namespace {

using Kind = RedisReply::Kind;

RedisReply& reply_of(const redisReadTask* task) { return *static_cast<RedisReply*>(task->privdata); }

/// What stands for the reply inside hiredis, which only passes it on.
void* handle(RedisReply& reply) { return &reply; }

/// An element of an array. Only integers, or only texts, of the outermost array are of use to anybody here.
void* element(const redisReadTask* task, Kind array) {
    RedisReply& reply = reply_of(task);
    if (reply.kind == Kind::integers && reply.integers.empty() && reply.texts.empty()) {
        reply.kind = array; // the first says of what it is
    }
    if (reply.kind != array || task->parent->parent != nullptr) {
        reply.kind = Kind::other;
    }
    return handle(reply);
}

void* take_string(const redisReadTask* task, char* bytes, std::size_t size) {
    if (task->parent != nullptr) {
        void* const taken = element(task, task->type == REDIS_REPLY_STRING ? Kind::texts : Kind::other);
        if (reply_of(task).kind == Kind::texts) {
            reply_of(task).texts.emplace_back(bytes, size);
        }
        return taken;
    }
    RedisReply& reply = reply_of(task);
    reply.text.assign(bytes, size);
    reply.kind = task->type == REDIS_REPLY_ERROR    ? Kind::error
                 : task->type == REDIS_REPLY_STATUS ? Kind::status
                                                    : Kind::text;
    return handle(reply);
}

template <class Count> // int in hiredis 0.14, size_t since 1.0
void* take_array(const redisReadTask* task, Count) {
    if (task->parent != nullptr) {
        return element(task, Kind::other);
    }
    RedisReply& reply = reply_of(task);
    reply.kind = Kind::integers;
    return handle(reply);
}

void* take_integer(const redisReadTask* task, long long value) {
    RedisReply& reply = reply_of(task);
    if (task->parent != nullptr) {
        void* const taken = element(task, Kind::integers);
        reply.integers.push_back(value != 0 ? 1 : 0);
        return taken;
    }
    reply.integer = value;
    reply.kind = Kind::integer;
    return handle(reply);
}

void* take_nil(const redisReadTask* task) {
    if (task->parent != nullptr) {
        return element(task, Kind::other);
    }
    RedisReply& reply = reply_of(task);
    reply.kind = Kind::nil;
    return handle(reply);
}

void free_nothing(void*) {}

redisReplyObjectFunctions functions() {
    redisReplyObjectFunctions into{};
    into.createString = &take_string;
    into.createArray = &take_array;
    into.createInteger = &take_integer;
    into.createNil = &take_nil;
    into.freeObject = &free_nothing;
    return into;
}

} // namespace

void read_into(redisReader& reader, RedisReply& reply) noexcept {
    static redisReplyObjectFunctions takers = functions();
    reader.fn = &takers;
    reader.privdata = &reply;
}

} // namespace streaming
