#include <memory>

#include "core/streaming/testing/fake_platform.hpp"
#include "tests/contract/consumer_contract.hpp"
#include "tests/contract/producer_contract.hpp"
#include "tests/contract/topics_contract.hpp"

namespace streaming::contract {
namespace {

const BrokerUnderTest kFake{.name = "Fake",
                            .bootstrap_servers = [] { return std::string("fake:9092"); },
                            .platform = [] { return std::make_shared<fakes::Platform>(); }};
const BrokerUnderTest kInProcessCluster{
    .name = "InProcessCluster",
    .bootstrap_servers = [] { return std::string("embedded"); },
    .platform = [] { return std::shared_ptr<Platform>(&real_platform(), [](Platform*) {}); }};
const auto kBrokers = ::testing::Values(kFake, kInProcessCluster);
const auto kName = [](const auto& instance) { return instance.param.name; };

INSTANTIATE_TEST_SUITE_P(, ProducerContract, kBrokers, kName);
INSTANTIATE_TEST_SUITE_P(, ConsumerContract, kBrokers, kName);
INSTANTIATE_TEST_SUITE_P(, TopicsContract, kBrokers, kName);
INSTANTIATE_TEST_SUITE_P(, MissingTopicContract, ::testing::Values(kFake), kName);

} // namespace
} // namespace streaming::contract
