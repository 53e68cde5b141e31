#include "tests/support/mosquitto_broker.hpp"

#include <arpa/inet.h>
#include <mosquitto.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace streaming::testing_support {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

std::string make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "tributary-mosquitto-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("mosquitto: no temporary directory");
    }
    return name;
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool accepts(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool ok = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return ok;
}

std::string with_directory(std::string line, const std::string& directory) {
    const std::size_t at = line.find("{dir}");
    return at == std::string::npos ? line : line.replace(at, 5, directory);
}

/// Debian's program is where only root looks.
std::string program() {
    const char* const usual = "/usr/sbin/mosquitto";
    return ::access(usual, X_OK) == 0 ? usual : "mosquitto";
}

} // namespace

std::uint16_t free_port() {
    constexpr unsigned kFirst = 12'000; // below the ones that the kernel gives to whoever asks for any
    constexpr unsigned kPorts = 10'000;
    static std::atomic<unsigned> next{static_cast<unsigned>(::getpid()) * 7}; // elsewhere in each test program
    for (unsigned tries = 0; tries < kPorts; ++tries) {
        const auto port = static_cast<std::uint16_t>(kFirst + next++ % kPorts);
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopback(port);
        const bool free = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::close(socket);
        if (free) {
            return port;
        }
    }
    throw std::runtime_error("no port is free");
}

MosquittoBroker::MosquittoBroker(std::vector<std::string> lines)
    : lines_(std::move(lines)), directory_(make_directory()) {
    start();
}

MosquittoBroker::~MosquittoBroker() {
    process_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void MosquittoBroker::start() {
    const std::string config = directory_ + "/mosquitto.conf";
    const auto deadline = steady_clock::now() + 20s;
    while (!process_ && steady_clock::now() < deadline) {
        port_ = port_ != 0 ? port_ : free_port();
        {
            std::ofstream file(config);
            file << "listener " << port_ << " 127.0.0.1\npersistence true\npersistence_location " << directory_
                 << "/\nlog_dest stderr\nlog_type all\nuser root\nmax_queued_messages 100000\n";
            for (const std::string& line : lines_) {
                file << with_directory(line, directory_) << '\n';
            }
        }
        process_.emplace(std::vector<std::string>{program(), "-c", config}, directory_ + "/log");
        while (!accepts(port_)) {
            if (process_->wait_for(20ms)) { // the port was taken meanwhile
                process_.reset();
                break;
            }
            if (steady_clock::now() >= deadline) {
                throw std::runtime_error("mosquitto does not start");
            }
        }
    }
    if (!process_) {
        throw std::runtime_error("mosquitto does not start");
    }
}

void MosquittoBroker::stop() {
    if (process_) {
        process_->signal(SIGTERM);
        process_->wait();
        process_.reset();
    }
}

void MosquittoBroker::restart() {
    stop();
    start();
}

void MosquittoBroker::publish(const std::string& topic, const std::string& payload, bool retained) const {
    mosquitto_lib_init();
    const std::unique_ptr<mosquitto, decltype(&mosquitto_destroy)> client(mosquitto_new(nullptr, true, nullptr),
                                                                          &mosquitto_destroy);
    bool published = false;
    mosquitto_user_data_set(client.get(), &published);
    mosquitto_publish_callback_set(client.get(), [](mosquitto*, void* flag, int) { *static_cast<bool*>(flag) = true; });
    bool ok = mosquitto_connect(client.get(), "127.0.0.1", port_, 60) == MOSQ_ERR_SUCCESS &&
              mosquitto_publish(client.get(), nullptr, topic.c_str(), static_cast<int>(payload.size()), payload.data(),
                                1, retained) == MOSQ_ERR_SUCCESS;
    while (ok && !published) {
        ok = mosquitto_loop(client.get(), 1000, 1) == MOSQ_ERR_SUCCESS;
    }
    if (!ok) {
        throw std::runtime_error("mosquitto: cannot publish to " + topic);
    }
    mosquitto_disconnect(client.get());
}

} // namespace streaming::testing_support
