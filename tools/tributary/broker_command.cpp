#include "tools/tributary/broker_command.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

#include "core/streaming/infrastructure/embedded_broker.hpp"
#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/infrastructure/tcp_forwarder.hpp"

namespace tributary {
namespace {

constexpr std::int32_t kMostPartitions = 1000;

int fail(std::string_view why) {
    fmt::print(stderr, "tributary broker: {}\n", why);
    return 1;
}

/// Blocks the signals in this thread and in all that are started after; returns what to wait for.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

int serve(const BrokerArguments& arguments, const sigset_t& signals) {
    streaming::EmbeddedBroker broker;
    for (const auto& topic : arguments.topics) {
        if (const auto status = broker.create_topic(topic.name, topic.partitions); !status) {
            return fail(status.error().message);
        }
    }
    streaming::TcpForwarder forwarder(arguments.port, broker.bootstrap_servers());
    if (const auto status = forwarder.start(); !status) {
        return fail(status.error().message);
    }
    fmt::print(
        "an in-memory broker for trying things out: it keeps nothing, old records go when a partition holds 5 "
        "MiB; clients have to be restarted when it was\n");
    fmt::print("ready 127.0.0.1:{}\n", forwarder.port());
    std::fflush(stdout);
    int received = 0;
    sigwait(&signals, &received);
    return 0;
}

} // namespace

streaming::Result<std::vector<streaming::TopicSpec>> parse_topics(const std::string& text) {
    std::vector<streaming::TopicSpec> topics;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto comma = std::min(text.find(',', begin), text.size());
        const std::string_view item = std::string_view(text).substr(begin, comma - begin);
        const auto colon = item.find(':');
        const auto name = item.substr(0, colon);
        const auto digits = colon == std::string_view::npos ? std::string_view{} : item.substr(colon + 1);
        std::int32_t partitions = 0;
        const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), partitions);
        if (!streaming::is_valid_topic(name) || failure != std::errc{} || end != digits.data() + digits.size() ||
            partitions < 1 || partitions > kMostPartitions) {
            return streaming::Error{
                streaming::ErrorCode::invalid_argument,
                fmt::format("'{}' is not name:partitions with 1 to {} partitions", item, kMostPartitions), false};
        }
        topics.push_back({.name = std::string(name), .partitions = partitions});
        begin = comma + 1;
    }
    return topics;
}

int run_broker(const BrokerArguments& arguments) {
    const sigset_t signals = block_signals();
    try {
        return serve(arguments, signals);
    } catch (const std::exception& error) {
        return fail(error.what());
    }
}

} // namespace tributary
