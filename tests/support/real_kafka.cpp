#include "tests/support/real_kafka.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace streaming::testing_support {
namespace {

constexpr const char* kTool = TRIBUTARY_KAFKA_TOOL;

std::string make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "tributary-kafka-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("kafka: no temporary directory");
    }
    return name;
}

std::string text_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// Empty where nobody listens on the port of that address.
bool is_free(const char* address, int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, address, &place.sin_addr);
    const int reuse = 1; // connections of a broker that is gone do not count, as for Java
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    const bool free = ::bind(socket, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0;
    ::close(socket);
    return free;
}

/// A name that one process of the machine has at a time and that goes with it. Negative when somebody else has it.
int take_name(const std::string& name) {
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    name.copy(place.sun_path + 1, sizeof place.sun_path - 1); // the zero in front: in no directory
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&place), size) != 0) {
        ::close(socket);
        return -1;
    }
    return socket;
}

std::string quoted(const std::vector<std::string>& words) {
    std::string line;
    for (const auto& word : words) {
        line += "'" + word + "' ";
    }
    return line;
}

} // namespace

ReservedPorts::ReservedPorts(int count) {
    constexpr int kLowest = 20'000;
    constexpr int kHighest = 32'000;
    std::random_device random;
    std::uniform_int_distribution<int> any(kLowest, kHighest);
    for (int tries = 0; tries < 1000; ++tries) {
        if (take(any(random), count)) {
            return;
        }
        give_back();
    }
    throw std::runtime_error("kafka: no free ports");
}

ReservedPorts::~ReservedPorts() { give_back(); }

bool ReservedPorts::take(int first, int count) {
    first_ = first;
    for (int port = first; port < first + count; ++port) {
        const int mark = take_name("tributary-test-port-" + std::to_string(port));
        if (mark < 0) {
            return false;
        }
        marks_.push_back(mark);
        if (!is_free("127.0.0.1", port) || !is_free("127.0.0.2", port + 1)) { // the broker's, its controller's
            return false;
        }
    }
    return true;
}

void ReservedPorts::give_back() noexcept {
    for (const int mark : std::exchange(marks_, {})) {
        ::close(mark);
    }
}

RealKafka::RealKafka(Options options)
    : options_(std::move(options)), ports_(options_.brokers), directory_(make_directory()) {
    for (int node = 0; node < options_.brokers; ++node) {
        bootstrap_servers_ += (node > 0 ? ",127.0.0.1:" : "127.0.0.1:") + std::to_string(ports_.first() + node);
    }
    int line[2];
    if (::pipe2(line, O_CLOEXEC) != 0) {
        throw std::runtime_error("kafka: no pipe");
    }
    guard_line_ = line[1];
    // Starts in half the time; the rate of a broker is nothing that a test looks at.
    ::setenv("KAFKA_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC", 0);
    const std::string clean_up =
        "cat >/dev/null; " + quoted(command("reset")) + "; rm -rf " + quoted({directory_}) + " >/dev/null 2>&1";
    guard_.emplace(std::vector<std::string>{"sh", "-c", clean_up}, "/dev/null", ChildProcess::Session::own, line[0]);
    ::close(line[0]);
    try {
        restart();
    } catch (...) {
        ::close(guard_line_);
        (void)guard_->wait();
        throw;
    }
}

RealKafka::~RealKafka() {
    ::close(guard_line_);
    (void)guard_->wait();
}

void RealKafka::kill9(std::optional<int> node) {
    tool("kill", node ? std::vector<std::string>{"--node", std::to_string(*node)} : std::vector<std::string>{});
}

void RealKafka::stop() { tool("stop"); }

void RealKafka::restart() {
    std::vector<std::string> arguments;
    for (const auto& setting : options_.settings) {
        arguments.insert(arguments.end(), {"--set", setting});
    }
    tool("start", std::move(arguments));
}

std::vector<std::string> RealKafka::command(const std::string& action) const {
    return {kTool,       action,
            "--port",    std::to_string(ports_.first()),
            "--brokers", std::to_string(options_.brokers),
            "--records", directory_,
            "--version", options_.version};
}

void RealKafka::tool(const std::string& action, std::vector<std::string> arguments) {
    auto line = command(action);
    line.insert(line.end(), arguments.begin(), arguments.end());
    const std::string log = directory_ + "/tool.log";
    std::filesystem::remove(log);
    if (ChildProcess(line, log).wait() != 0) {
        throw std::runtime_error(quoted(line) + "failed:\n" + text_of(log));
    }
}

std::optional<std::string> RealKafka::missing(const std::string& version) {
    const std::string directory = make_directory();
    const std::string log = directory + "/tool.log";
    const int code = ChildProcess({kTool, "check", "--version", version}, log).wait();
    const std::string said = text_of(log);
    std::filesystem::remove_all(directory);
    return code == 0 ? std::nullopt : std::optional(said);
}

} // namespace streaming::testing_support
