#include "core/streaming/infrastructure/redis_url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/streaming/infrastructure/percent_decoding.hpp"

namespace streaming {

namespace {

Error invalid(std::string_view what) {
    return {
        .code = ErrorCode::invalid_argument, .message = std::string("redis url: ").append(what), .retryable = false};
}

template <class T>
std::optional<T> read_number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
    return whole ? std::optional(value) : std::nullopt;
}

/// What stands before the last '@': user:password, :password or a password alone.
Status read_login(std::string_view login, RedisAddress& into) {
    const std::size_t colon = login.find(':');
    const auto user = percent_decode(colon == std::string_view::npos ? "" : login.substr(0, colon));
    const auto password = percent_decode(colon == std::string_view::npos ? login : login.substr(colon + 1));
    if (!user || !password) {
        return invalid("user and password must be percent-encoded");
    }
    into.user = *user;
    into.password = *password;
    return {};
}

Status read_host_and_port(std::string_view text, RedisAddress& into) {
    std::string_view port;
    if (text.starts_with('[')) { // IPv6
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || (end + 1 < text.size() && text[end + 1] != ':')) {
            return invalid("host: unfinished IPv6 address");
        }
        into.host = text.substr(1, end - 1);
        port = text.substr(std::min(end + 2, text.size()));
    } else {
        const std::size_t colon = text.find(':');
        into.host = text.substr(0, colon);
        port = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    }
    if (into.host.empty()) {
        return invalid("host: missing");
    }
    if (!port.empty()) {
        const auto number = read_number<std::uint16_t>(port);
        if (!number || *number == 0) {
            return invalid("port: must be 1 to 65535");
        }
        into.port = *number;
    }
    return {};
}

Status read_path(std::string_view text, RedisAddress& into) {
    if (!text.starts_with('/')) {
        return invalid("unix: must be followed by an absolute path, as unix:///run/redis.sock");
    }
    into.unix_path = text;
    return {};
}

} // namespace

std::string RedisAddress::display_name() const {
    return unix_path.empty() ? host + ":" + std::to_string(port) : unix_path;
}

Result<RedisAddress> parse_redis_url(std::string_view url) {
    constexpr std::string_view kTcp = "redis://";
    constexpr std::string_view kUnix = "unix://";
    const bool unix_socket = url.starts_with(kUnix);
    if (!unix_socket && !url.starts_with(kTcp)) {
        return invalid("must begin with redis:// or unix://");
    }
    RedisAddress address;
    std::string_view rest = url.substr(unix_socket ? kUnix.size() : kTcp.size());
    // An '@' of a path is none of the login, one of a password is.
    const std::string_view before_path = rest.substr(0, unix_socket ? rest.find('/') : rest.size());
    if (const std::size_t at = before_path.rfind('@'); at != std::string_view::npos) {
        if (const Status status = read_login(rest.substr(0, at), address); !status) {
            return status.error();
        }
        rest = rest.substr(at + 1);
    }
    const std::string_view before_database = unix_socket ? "?db=" : "/";
    if (const std::size_t end = rest.find(before_database); end != std::string_view::npos) {
        const std::string_view database = rest.substr(end + before_database.size());
        const auto number = read_number<unsigned>(database);
        if (!number && !database.empty()) {
            return invalid("database: must be a number");
        }
        address.database = number.value_or(0);
        rest = rest.substr(0, end);
    }
    const Status status = unix_socket ? read_path(rest, address) : read_host_and_port(rest, address);
    return status ? Result<RedisAddress>(std::move(address)) : status.error();
}

} // namespace streaming
