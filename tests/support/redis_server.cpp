#include "tests/support/redis_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace streaming::testing_support {

namespace {

using std::chrono::steady_clock;

/// Closes a descriptor at the end of a scope.
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

std::string make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "tributary-redis-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("redis-server: no temporary directory");
    }
    return name;
}

pid_t spawn(std::vector<std::string> command, const std::string& log_path) {
    std::vector<char*> argv;
    for (std::string& word : command) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t process = -1;
    const int error = posix_spawnp(&process, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw std::runtime_error("redis-server: " + std::string(std::strerror(error)));
    }
    return process;
}

} // namespace

RedisServer::RedisServer(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)), directory_(make_directory()), socket_path_(directory_ + "/redis.sock") {
    start();
}

RedisServer::~RedisServer() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void RedisServer::start() {
    if (process_ > 0) {
        return;
    }
    constexpr std::chrono::seconds kPatience{20};
    std::filesystem::remove(socket_path_);
    const Descriptor changes(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    ::inotify_add_watch(changes.get(), directory_.c_str(), IN_CREATE | IN_MODIFY);
    std::vector<std::string> command{"redis-server", "--port", "0",     "--unixsocket", socket_path_, "--save", "",
                                     "--appendonly", "no",     "--dir", directory_};
    command.insert(command.end(), arguments_.begin(), arguments_.end());
    process_ = spawn(std::move(command), directory_ + "/log");
    const auto deadline = steady_clock::now() + kPatience;
    while (!answers()) {
        // The directory changes when the socket appears and with every line of the log: then it is time to look again.
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
        pollfd changed{.fd = changes.get(), .events = POLLIN, .revents = 0};
        int status = 0;
        if (left.count() <= 0 || ::waitpid(process_, &status, WNOHANG) == process_) {
            stop();
            throw std::runtime_error("redis-server does not start");
        }
        constexpr int kLookAgain = 100; // a line may have been written before the socket listened
        ::poll(&changed, 1, kLookAgain);
        std::array<char, 4096> events;
        while (::read(changes.get(), events.data(), events.size()) > 0) {
        }
    }
}

void RedisServer::stop() noexcept {
    if (process_ > 0) {
        ::kill(process_, SIGKILL);
        ::waitpid(std::exchange(process_, -1), nullptr, 0);
    }
}

void RedisServer::restart() {
    stop();
    start();
}

void RedisServer::freeze() { ::kill(process_, SIGSTOP); }

void RedisServer::thaw() { ::kill(process_, SIGCONT); }

std::string RedisServer::url() const { return "unix://" + socket_path_; }

bool RedisServer::answers() const {
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return false;
    }
    constexpr std::string_view kPing = "PING\r\n"; // a server that asks for a password answers that, which will do
    std::array<char, 64> reply;
    return ::send(socket.get(), kPing.data(), kPing.size(), MSG_NOSIGNAL) > 0 &&
           ::recv(socket.get(), reply.data(), reply.size(), 0) > 0;
}

} // namespace streaming::testing_support
