#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// Where a Redis is and how to log in, as its URL says it.
struct RedisAddress {
    std::string host{};
    std::uint16_t port = 6379;
    std::string unix_path{}; ///< used instead of host and port when not empty
    std::string user{};
    std::string password{};
    unsigned database = 0;

    [[nodiscard]] std::string display_name() const; ///< for logs and errors: no user, no password
};

/// Reads redis://[user:password@]host[:port][/db] and unix://[user:password@]/path[?db=number]. User and password may
/// be percent-encoded. The error (invalid_argument) does not repeat the URL, as it may hold a password.
[[nodiscard]] Result<RedisAddress> parse_redis_url(std::string_view url);

} // namespace streaming
