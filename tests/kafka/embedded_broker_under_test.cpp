#include <gtest/gtest.h>

#include "core/streaming/infrastructure/embedded_broker.hpp"
#include "tests/kafka/broker_under_test.hpp"

namespace tests {
namespace {

class EmbeddedUnderTest final : public BrokerUnderTest {
public:
    [[nodiscard]] std::string bootstrap_servers() const override { return broker().bootstrap_servers(); }
    void make_topic(const std::string& name, int partitions) override {
        EXPECT_TRUE(broker().create_topic(name, partitions).ok());
    }

private:
    static streaming::EmbeddedBroker& broker() { return streaming::EmbeddedBroker::shared(); }
};

} // namespace

BrokerFactory embedded_broker_under_test() {
    return {.name = "Embedded", .get = []() -> BrokerUnderTest& {
                static EmbeddedUnderTest broker;
                return broker;
            }};
}

} // namespace tests
