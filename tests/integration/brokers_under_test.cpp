#include "tests/kafka/broker_under_test.hpp"

std::vector<tests::BrokerFactory> tests::brokers_under_test() { return {embedded_broker_under_test()}; }
