#include "core/streaming/infrastructure/embedded_broker.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "core/streaming/infrastructure/kafka_errors.hpp"
#include "core/streaming/infrastructure/kafka_handles.hpp"
#include "core/streaming/infrastructure/kafka_log.hpp"

namespace streaming {
namespace {

using Cluster = std::unique_ptr<rd_kafka_mock_cluster_t, detail::KafkaDeleter<&rd_kafka_mock_cluster_destroy>>;

/// The client whose threads and settings the cluster uses; it talks to nobody.
detail::KafkaHandle make_host() {
    std::array<char, 256> reason{};
    detail::KafkaConf conf(rd_kafka_conf_new());
    // The sockets of the brokers are made by the host: with Nagle, pipelined requests stall for 40 ms.
    (void)rd_kafka_conf_set(conf.get(), "socket.nagle.disable", "true", reason.data(), reason.size());
    (void)rd_kafka_conf_set(conf.get(), "client.id", "tributary-embedded-broker", reason.data(), reason.size());
    rd_kafka_conf_set_log_cb(conf.get(), &detail::log_from_kafka);
    auto* const host = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), reason.data(), reason.size());
    if (host == nullptr) {
        throw std::runtime_error(std::string("embedded broker: ") + reason.data());
    }
    (void)conf.release(); // taken
    return detail::KafkaHandle(host);
}

} // namespace

struct EmbeddedBroker::State {
    explicit State(int count)
        : brokers(count), host(make_host()), cluster(rd_kafka_mock_cluster_new(host.get(), count)) {
        if (!cluster) {
            throw std::runtime_error("embedded broker: librdkafka could not start its cluster");
        }
        servers = rd_kafka_mock_cluster_bootstraps(cluster.get());
    }

    int brokers;
    detail::KafkaHandle host;
    Cluster cluster;
    std::string servers{};
    std::mutex topics_mutex{};
    std::map<std::string, std::int32_t> topics{};
};

EmbeddedBroker::EmbeddedBroker(int brokers) : state_(std::make_unique<State>(brokers)) {}

EmbeddedBroker::~EmbeddedBroker() = default;

const std::string& EmbeddedBroker::bootstrap_servers() const noexcept { return state_->servers; }

Status EmbeddedBroker::create_topic(const std::string& name, std::int32_t partitions) {
    const std::lock_guard lock(state_->topics_mutex);
    const auto failure =
        state_->topics.contains(name)
            ? RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS
            : rd_kafka_mock_topic_create(state_->cluster.get(), name.c_str(), partitions, std::min(state_->brokers, 3));
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
        state_->topics[name] = partitions;
        return {};
    }
    if (failure == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        // Made by a client that asked for it: the cluster makes every topic somebody mentions.
        state_->topics.try_emplace(name, kDefaultPartitions);
    }
    return detail::kafka_error(failure, "topic " + name);
}

std::int32_t EmbeddedBroker::partitions_of(const std::string& name) const {
    const std::lock_guard lock(state_->topics_mutex);
    const auto found = state_->topics.find(name);
    return found == state_->topics.end() ? 0 : found->second;
}

void EmbeddedBroker::fail_next(std::int16_t api_key, const std::vector<int>& errors) {
    std::vector<rd_kafka_resp_err_t> codes;
    std::ranges::transform(errors, std::back_inserter(codes),
                           [](int error) { return static_cast<rd_kafka_resp_err_t>(error); });
    rd_kafka_mock_push_request_errors_array(state_->cluster.get(), api_key, codes.size(), codes.data());
}

void EmbeddedBroker::set_down(bool down) {
    for (std::int32_t id = 1; id <= state_->brokers; ++id) {
        (void)(down ? rd_kafka_mock_broker_set_down(state_->cluster.get(), id)
                    : rd_kafka_mock_broker_set_up(state_->cluster.get(), id));
    }
}

void EmbeddedBroker::set_round_trip(int milliseconds) {
    for (std::int32_t id = 1; id <= state_->brokers; ++id) {
        (void)rd_kafka_mock_broker_set_rtt(state_->cluster.get(), id, milliseconds);
    }
}

EmbeddedBroker& EmbeddedBroker::shared() {
    // Never destroyed: clients that are static themselves may talk to it until the very end.
    static EmbeddedBroker* const broker = [] {
        auto* const made = new EmbeddedBroker();
        spdlog::warn("embedded broker: serving {} in memory; it keeps nothing when this process ends",
                     made->bootstrap_servers());
        return made;
    }();
    return *broker;
}

} // namespace streaming
