#include "bench/redis_under_bench.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <chrono>
#include <thread>

#include "bench/raw_client.hpp"
#include "bench/raw_redis.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

std::string free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = static_cast<sockaddr*>(static_cast<void*>(&address));
    if (bind(socket, any, size) != 0 || getsockname(socket, any, &size) != 0) {
        raw::fail("no free port");
    }
    close(socket);
    return std::to_string(ntohs(address.sin_port));
}

} // namespace

RedisUnderBench::RedisUnderBench(const std::string& address) : address_(address) {
    constexpr int kAttempts = 3; // somebody may take the port before Redis does
    constexpr auto kPatience = 10s;
    for (int attempt = 0; address_.empty() && attempt < kAttempts; ++attempt) {
        const std::string port = free_port();
        server_ = std::make_unique<ChildProcess>(
            std::vector<std::string>{"redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
                                     "--appendonly", "no", "--dir", "/tmp"},
            ChildProcess::Output::discard);
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (server_->is_running() && std::chrono::steady_clock::now() < deadline) {
            if (raw::connect_redis("127.0.0.1:" + port) != nullptr) {
                address_ = "127.0.0.1:" + port;
                break;
            }
            std::this_thread::sleep_for(10ms);
        }
    }
    if (address_.empty() || raw::connect_redis(address_) == nullptr) {
        raw::fail(address.empty() ? "redis-server cannot be started: install it, or name one with --redis"
                                  : "no Redis at " + address);
    }
}

void RedisUnderBench::forget(const std::string& group) const {
    const raw::Redis redis = raw::connect_redis(address_);
    if (redis == nullptr) {
        raw::fail("no Redis at " + address_);
    }
    const std::int64_t now = raw::bucket_now();
    for (const std::int64_t bucket : {now - 1, now, now + 1}) {
        (void)raw::ask_redis(redis.get(), {"UNLINK", raw::bucket_key(group, bucket)});
    }
}

} // namespace bench
