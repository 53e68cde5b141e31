#include "core/streaming/infrastructure/tcp_forwarder.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <thread>

#include "core/streaming/infrastructure/embedded_broker.hpp"
#include "core/streaming/infrastructure/file_descriptor.hpp"
#include "core/streaming/infrastructure/kafka_topic_admin.hpp"

namespace streaming {
namespace {

using detail::FileDescriptor;
using ::testing::HasSubstr;
using ::testing::Optional;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

std::string read_to_end(int socket) {
    std::string all;
    char buffer[4096];
    for (ssize_t count = 0; (count = ::recv(socket, buffer, sizeof buffer, 0)) > 0;) {
        all.append(buffer, static_cast<std::size_t>(count));
    }
    return all;
}

void write_all(int socket, std::string_view text) {
    while (!text.empty()) {
        const auto count = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        ASSERT_GT(count, 0);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

/// Takes one connection, reads it to its end and only then answers with what it got.
class EchoAfterTheEnd {
public:
    EchoAfterTheEnd() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listener_.get(), 1), 0);
        EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] {
            const FileDescriptor peer(::accept(listener_.get(), nullptr, nullptr));
            write_all(peer.get(), read_to_end(peer.get()));
        });
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    FileDescriptor listener_;
    std::uint16_t port_ = 0;
    std::jthread thread_{};
};

TEST(TcpForwarder, CarriesBothDirectionsAndHalfClosedConnections) {
    const EchoAfterTheEnd echo;
    TcpForwarder forwarder(0, echo.address());
    ASSERT_TRUE(forwarder.start().ok());
    const FileDescriptor client(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address = loopback(forwarder.port());
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const std::string much(3'000'000, 'x');
    write_all(client.get(), much + "end");
    ASSERT_EQ(::shutdown(client.get(), SHUT_WR), 0);
    EXPECT_EQ(read_to_end(client.get()), much + "end");
}

TEST(TcpForwarder, AKafkaClientReachesTheBrokerThroughIt) {
    EmbeddedBroker broker;
    ASSERT_TRUE(broker.create_topic("forwarded", 7).ok());
    TcpForwarder forwarder(0, broker.bootstrap_servers());
    ASSERT_TRUE(forwarder.start().ok());
    KafkaTopicAdmin topics({.bootstrap_servers = "127.0.0.1:" + std::to_string(forwarder.port())});
    const auto partitions = topics.partitions("forwarded", std::chrono::seconds(10));
    ASSERT_TRUE(partitions.ok()) << partitions.error().message;
    EXPECT_THAT(partitions.value(), Optional(7));
}

TEST(TcpForwarder, NamesThePortThatIsTaken) {
    TcpForwarder first(0, "127.0.0.1:1");
    ASSERT_TRUE(first.start().ok());
    TcpForwarder second(first.port(), "127.0.0.1:1");
    const auto status = second.start();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::already_exists);
    EXPECT_THAT(status.error().message, HasSubstr(std::to_string(first.port())));
}

TEST(TcpForwarder, StopsWithOpenConnectionsAndFreesThePort) {
    TcpForwarder first(0, "127.0.0.1:1");
    ASSERT_TRUE(first.start().ok());
    const FileDescriptor client(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address = loopback(first.port());
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    first.stop();
    first.stop();
    TcpForwarder second(first.port(), "127.0.0.1:1");
    EXPECT_TRUE(second.start().ok());
}

TEST(TcpForwarder, RefusesATargetThatIsNoAddress) {
    TcpForwarder forwarder(0, "nowhere");
    EXPECT_EQ(forwarder.start().error().code, ErrorCode::invalid_argument);
}

} // namespace
} // namespace streaming
