#include "bench/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace bench {
namespace {

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "bench: %s\n", what.c_str());
    std::exit(1);
}

std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = read(descriptor, part.data(), part.size())) > 0;) {
        text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
}

} // namespace

ChildProcess::ChildProcess(std::vector<std::string> command, Output output) : name_(command.at(0)) {
    std::array<int, 2> ends{-1, -1};
    if (output == Output::capture ? pipe2(ends.data(), O_CLOEXEC) != 0
                                  : (ends[1] = open("/dev/null", O_WRONLY | O_CLOEXEC)) < 0) {
        fail("no pipe");
    }
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (std::string& argument : command) {
        arguments.push_back(argument.data());
    }
    arguments.push_back(nullptr);
    process_ = fork();
    if (process_ == 0) { // only what is safe after a fork of several threads
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], STDOUT_FILENO);
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
    if (process_ < 0) {
        fail("cannot start " + name_);
    }
}

ChildProcess::~ChildProcess() {
    if (output_ >= 0) {
        close(output_);
    }
    if (process_ > 0) {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
}

std::string ChildProcess::finish() {
    std::string output = read_all(output_);
    int status = 0;
    waitpid(std::exchange(process_, -1), &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail(name_ + " failed");
    }
    return output;
}

bool ChildProcess::is_running() {
    if (process_ > 0 && waitpid(process_, nullptr, WNOHANG) == process_) {
        process_ = -1;
    }
    return process_ > 0;
}

} // namespace bench
