#include <memory>
#include <string>

#include "core/streaming/testing/fake_platform.hpp"
#include "tests/contract/consumer_contract.hpp"
#include "tests/contract/producer_contract.hpp"
#include "tests/contract/topics_contract.hpp"

namespace streaming::contract {
namespace {

BrokerUnderTest fake() {
    return {.name = "Fake",
            .bootstrap_servers = [] { return std::string("fake:9092"); },
            .platform = [] { return std::make_shared<fakes::Platform>(); }};
}

BrokerUnderTest in_process_cluster() {
    return {.name = "InProcessCluster",
            .bootstrap_servers = [] { return std::string("embedded"); },
            .platform = [] { return std::shared_ptr<Platform>(&real_platform(), [](Platform*) {}); },
            .tells_settings = false};
}

auto both() { return ::testing::Values(fake(), in_process_cluster()); }

std::string name_of(const ::testing::TestParamInfo<BrokerUnderTest>& instance) { return instance.param.name; }

INSTANTIATE_TEST_SUITE_P(, ProducerContract, both(), name_of);
INSTANTIATE_TEST_SUITE_P(, ConsumerContract, both(), name_of);
INSTANTIATE_TEST_SUITE_P(, TopicsContract, both(), name_of);
INSTANTIATE_TEST_SUITE_P(, MissingTopicContract, ::testing::Values(fake()), name_of);

} // namespace
} // namespace streaming::contract
