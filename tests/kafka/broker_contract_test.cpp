// The contract suites of the doubles, on a real Kafka.

#include "tests/contract/consumer_contract.hpp"
#include "tests/contract/producer_contract.hpp"
#include "tests/contract/topics_contract.hpp"
#include "tests/kafka/real_kafka_test.hpp"

namespace streaming::contract {
namespace {

const auto kBroker = ::testing::Values(
    BrokerUnderTest{.name = "RealKafka",
                    .bootstrap_servers = [] { return tests::the_kafka().bootstrap_servers(); },
                    .platform = [] { return std::shared_ptr<Platform>(&real_platform(), [](Platform*) {}); }});
const auto kName = [](const auto& instance) { return instance.param.name; };

INSTANTIATE_TEST_SUITE_P(, ProducerContract, kBroker, kName);
INSTANTIATE_TEST_SUITE_P(, ConsumerContract, kBroker, kName);
INSTANTIATE_TEST_SUITE_P(, TopicsContract, kBroker, kName);
INSTANTIATE_TEST_SUITE_P(, MissingTopicContract, kBroker, kName);

} // namespace
} // namespace streaming::contract
