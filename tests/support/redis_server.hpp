#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace streaming::testing_support {

/// A Redis of its own: a redis-server process on a unix socket in a new directory, keeping nothing on disk.
/// Started by the constructor; the process dies with the object. Throws std::runtime_error when it cannot be started.
class RedisServer {
public:
    /// `arguments` as on the command line of redis-server, such as {"--requirepass", "secret"}.
    explicit RedisServer(std::vector<std::string> arguments = {});
    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    void start();         ///< waits until it answers; nothing when it runs
    void stop() noexcept; ///< SIGKILL, as a crash; what it held is gone
    void restart();
    void freeze(); ///< SIGSTOP: it accepts connections and answers nothing
    void thaw();

    [[nodiscard]] std::string url() const; ///< unix:///...; the same after a restart
    [[nodiscard]] const std::string& socket_path() const noexcept { return socket_path_; }

private:
    [[nodiscard]] bool answers() const;

    std::vector<std::string> arguments_;
    std::string directory_{};
    std::string socket_path_{};
    pid_t process_ = -1;
};

} // namespace streaming::testing_support
