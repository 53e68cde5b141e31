#include "tests/support/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace streaming::testing_support {

ChildProcess::ChildProcess(std::vector<std::string> command, const std::string& log_path, Session session, int input) {
    std::vector<char*> argv;
    for (std::string& word : command) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    if (input >= 0) {
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    } else {
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    // Signals that the test blocks are none of the program's business.
    posix_spawnattr_t attributes{};
    posix_spawnattr_init(&attributes);
    sigset_t none{};
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(
        &attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | (session == Session::own ? POSIX_SPAWN_SETSID : 0)));
    const int error = posix_spawnp(&process_, argv[0], &actions, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        process_ = -1;
        throw std::runtime_error(command.front() + ": " + std::strerror(error));
    }
}

ChildProcess::~ChildProcess() { kill9(); }

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)), exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    if (this != &other) {
        kill9();
        process_ = std::exchange(other.process_, -1);
        exit_code_ = other.exit_code_;
    }
    return *this;
}

void ChildProcess::signal(int number) noexcept {
    if (process_ > 0) {
        ::kill(process_, number);
    }
}

void ChildProcess::kill9() noexcept {
    signal(SIGKILL);
    (void)wait();
}

int ChildProcess::wait() noexcept { return reap(0).value_or(exit_code_); }

std::optional<int> ChildProcess::wait_for(std::chrono::milliseconds patience) noexcept {
    if (process_ > 0) {
        // Becomes readable when the process ends.
        const int handle = static_cast<int>(::syscall(SYS_pidfd_open, process_, 0));
        pollfd ended{.fd = handle, .events = POLLIN, .revents = 0};
        ::poll(&ended, 1, static_cast<int>(patience.count()));
        ::close(handle);
    }
    return reap(WNOHANG);
}

std::optional<int> ChildProcess::reap(int flags) noexcept {
    if (process_ > 0) {
        int status = 0;
        if (::waitpid(process_, &status, flags) != process_) {
            return std::nullopt;
        }
        process_ = -1;
        exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return exit_code_;
}

} // namespace streaming::testing_support
