#pragma once

#include <sys/types.h>
#include <string>
#include <vector>

namespace bench {

/// A program that was started. It is killed when this object goes, and when the thread that started it ends: nothing is
/// left behind by a benchmark that fails. Used by one thread. A program that cannot be started ends ours.
class ChildProcess {
public:
    enum class Output {
        capture, ///< `finish` returns it
        discard
    };
    ChildProcess(std::vector<std::string> command, Output output);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// Waits for its end and returns what it wrote to standard output. Ends the program when it failed.
    [[nodiscard]] std::string finish();
    [[nodiscard]] bool is_running();

private:
    std::string name_;
    int output_ = -1;
    pid_t process_ = -1;
};

} // namespace bench
