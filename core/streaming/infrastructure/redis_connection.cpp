#include "core/streaming/infrastructure/redis_connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <system_error>

namespace streaming {

namespace {

constexpr std::size_t kMaxErrorText = 200;

timeval to_timeval(std::chrono::milliseconds time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return {.tv_sec = seconds.count(), .tv_usec = std::chrono::microseconds(time - seconds).count()};
}

} // namespace

void begin_redis_request(std::string& into, std::size_t arguments) {
    fmt::format_to(std::back_inserter(into), "*{}\r\n", arguments);
}

void append_redis_argument(std::string& into, std::string_view bytes) {
    const fmt::format_int length(bytes.size());
    into += '$';
    into.append(length.data(), length.size());
    into += "\r\n";
    into += bytes;
    into += "\r\n";
}

RedisConnection::RedisConnection(const RedisOptions& options)
    : options_(options), address_(parse_redis_url(options.url)) {}

Status RedisConnection::open() {
    if (!address_) {
        return address_.error();
    }
    if (Status status = connect(); !status) {
        close();
        return status;
    }
    if (Status status = log_in(); !status) {
        close();
        return status;
    }
    return {};
}

Status RedisConnection::connect() {
    const RedisAddress& address = address_.value();
    const timeval timeout = to_timeval(options_.connect_timeout);
    context_.reset(address.unix_path.empty() ? redisConnectWithTimeout(address.host.c_str(), address.port, timeout)
                                             : redisConnectUnixWithTimeout(address.unix_path.c_str(), timeout));
    if (context_ == nullptr) {
        return error(ErrorCode::unavailable, "no memory for a connection", true);
    }
    if (context_->err != 0) {
        return connection_error();
    }
    read_into(*context_->reader, reply_);
    // Bounds a write; reads have a deadline of their own.
    if (redisSetTimeout(context_.get(), to_timeval(options_.command_timeout)) != REDIS_OK) {
        return connection_error();
    }
    if (address.unix_path.empty() && redisEnableKeepAlive(context_.get()) != REDIS_OK) {
        return connection_error();
    }
    return {};
}

Status RedisConnection::log_in() {
    const RedisAddress& address = address_.value();
    std::string requests;
    std::size_t expected = 0;
    if (!address.password.empty()) {
        begin_redis_request(requests, address.user.empty() ? 2 : 3);
        append_redis_argument(requests, "AUTH");
        if (!address.user.empty()) {
            append_redis_argument(requests, address.user);
        }
        append_redis_argument(requests, address.password);
        ++expected;
    }
    if (address.database != 0) {
        begin_redis_request(requests, 2);
        append_redis_argument(requests, "SELECT");
        append_redis_argument(requests, std::to_string(address.database));
        ++expected;
    }
    if (expected == 0) {
        return {};
    }
    if (Status status = write(requests); !status) {
        return status;
    }
    for (const Deadline deadline = command_deadline(); expected > 0; --expected) {
        if (Status status = read(deadline); !status) {
            return status;
        }
        if (reply_.kind == RedisReply::Kind::error) {
            return error_of(reply_);
        }
    }
    return {};
}

Status RedisConnection::write(std::string_view requests) {
    // Not redisBufferWrite: that copies once more, and a connection that is gone would end the process by SIGPIPE.
    while (!requests.empty()) {
        const ssize_t sent = ::send(context_->fd, requests.data(), requests.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            requests.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EINTR) {
            const bool timed_out = errno == EAGAIN;
            return error(timed_out ? ErrorCode::timed_out : ErrorCode::unavailable,
                         fmt::format("write: {}", std::generic_category().message(errno)), true);
        }
    }
    return {};
}

Status RedisConnection::read(Deadline deadline) {
    reply_.clear();
    while (true) {
        void* reply = nullptr;
        if (redisReaderGetReply(context_->reader, &reply) != REDIS_OK) {
            return error(ErrorCode::unavailable, fmt::format("protocol: {}", context_->reader->errstr), true);
        }
        if (reply != nullptr) {
            return {};
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd readable{.fd = context_->fd, .events = POLLIN, .revents = 0};
        const int ready = left.count() > 0 ? ::poll(&readable, 1, static_cast<int>(left.count())) : 0;
        if (ready == 0) {
            return error(ErrorCode::timed_out, fmt::format("no answer within {} ms", options_.command_timeout.count()),
                         true);
        }
        if (ready > 0 && redisBufferRead(context_.get()) != REDIS_OK) {
            return connection_error();
        }
        if (ready < 0 && errno != EINTR) {
            return error(ErrorCode::unavailable, "poll failed", true);
        }
    }
}

RedisConnection::Deadline RedisConnection::command_deadline() const {
    return std::chrono::steady_clock::now() + options_.command_timeout;
}

Error RedisConnection::error(ErrorCode code, std::string_view what, bool retryable) const {
    const std::string name = address_ ? address_.value().display_name() : std::string();
    return {.code = code, .message = fmt::format("redis {}: {}", name, what), .retryable = retryable};
}

Error RedisConnection::connection_error() const {
    const bool timed_out = context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == ETIMEDOUT);
    return error(timed_out ? ErrorCode::timed_out : ErrorCode::unavailable, context_->errstr, true);
}

Error RedisConnection::error_of(const RedisReply& reply) const {
    // What Redis says while it starts, fails over, runs a script, or cannot write for the moment.
    constexpr std::array<std::string_view, 9> kPassing = {"LOADING", "READONLY",    "BUSY", "MASTERDOWN", "TRYAGAIN",
                                                          "MISCONF", "CLUSTERDOWN", "OOM",  "NOREPLICAS"};
    constexpr std::array<std::string_view, 3> kLogin = {"NOAUTH", "WRONGPASS", "NOPERM"};
    std::string_view text = std::string_view(reply.text).substr(0, kMaxErrorText);
    text = text.substr(0, text.find(", with args")); // would repeat ids, or a password
    const std::string_view word = text.substr(0, text.find(' '));
    if (std::ranges::find(kPassing, word) != kPassing.end()) {
        return error(ErrorCode::unavailable, text, true);
    }
    const bool login = std::ranges::find(kLogin, word) != kLogin.end() || text.starts_with("ERR AUTH") ||
                       text.starts_with("ERR invalid password");
    return error(login ? ErrorCode::not_authorized : ErrorCode::invalid_argument, text, false);
}

} // namespace streaming
