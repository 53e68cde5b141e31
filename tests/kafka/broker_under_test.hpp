#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace tests {

/// A broker, in memory or real, as the suite sees it.
class BrokerUnderTest {
public:
    virtual ~BrokerUnderTest() = default;
    [[nodiscard]] virtual std::string bootstrap_servers() const = 0;
    virtual void make_topic(const std::string& name, int partitions) = 0;
};

/// `get` starts it on first call.
struct BrokerFactory {
    std::string name{};
    std::function<BrokerUnderTest&()> get{};
    friend std::ostream& operator<<(std::ostream& out, const BrokerFactory& factory) { return out << factory.name; }
};

/// librdkafka's in-process cluster.
[[nodiscard]] BrokerFactory embedded_broker_under_test();

/// Those that this test program runs its cases on: each program says so itself.
[[nodiscard]] std::vector<BrokerFactory> brokers_under_test();

} // namespace tests
