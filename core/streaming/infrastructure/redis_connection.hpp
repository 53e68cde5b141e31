#pragma once

#include <hiredis/hiredis.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/infrastructure/redis_reply.hpp"
#include "core/streaming/infrastructure/redis_url.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// One connection to a Redis: opens it, writes prepared requests, reads replies one by one. Used by one thread.
/// After an error it is of no more use until `open` is called again.
class RedisConnection {
public:
    using Deadline = std::chrono::steady_clock::time_point;

    explicit RedisConnection(const RedisOptions& options);

    Status open(); ///< connects, logs in, selects the database
    void close() noexcept { context_.reset(); }
    [[nodiscard]] bool is_open() const noexcept { return context_ != nullptr; }

    Status write(std::string_view requests);
    /// An error reply is a reply: see `error_of`. The reply stands in `reply` until the next read.
    Status read(Deadline deadline);
    [[nodiscard]] const RedisReply& reply() const noexcept { return reply_; }
    [[nodiscard]] Deadline command_deadline() const;

    /// The Error that an error reply stands for.
    [[nodiscard]] Error error_of(const RedisReply& reply) const;
    [[nodiscard]] Error error(ErrorCode code, std::string_view what, bool retryable) const;

private:
    struct ContextDeleter {
        void operator()(redisContext* context) const noexcept { redisFree(context); }
    };
    Status connect();
    Status log_in();
    [[nodiscard]] Error connection_error() const;

    RedisOptions options_;
    Result<RedisAddress> address_;
    RedisReply reply_{};
    std::unique_ptr<redisContext, ContextDeleter> context_{};
};

/// Appends a request of `arguments` pieces to come, each added by append_redis_argument. Bytes are safe: NUL included.
void begin_redis_request(std::string& into, std::size_t arguments);
void append_redis_argument(std::string& into, std::string_view bytes);

} // namespace streaming
