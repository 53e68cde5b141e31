#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace streaming::testing_support {

/// A program that runs beside the test, its output in a file. Killed with the object. Used by one thread.
/// Throws std::runtime_error when the program cannot be started.
class ChildProcess {
public:
    enum class Session {
        callers, ///< ends with the terminal, as the test does
        own      ///< goes on whatever happens to the test
    };
    /// `input` becomes its standard input, /dev/null when negative.
    ChildProcess(std::vector<std::string> command, const std::string& log_path, Session session = Session::callers,
                 int input = -1);
    ~ChildProcess();
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&& other) noexcept;
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    void signal(int number) noexcept;
    /// SIGKILL, and waits until it is gone.
    void kill9() noexcept;
    /// Waits until it ends. Returns its exit code, 128 + signal when one killed it.
    int wait() noexcept;
    /// As `wait`, nullopt when it still runs after `patience`.
    std::optional<int> wait_for(std::chrono::milliseconds patience) noexcept;

private:
    std::optional<int> reap(int flags) noexcept;

    pid_t process_ = -1;
    int exit_code_ = 0;
};

} // namespace streaming::testing_support
