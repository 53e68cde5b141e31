#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/streaming/infrastructure/embedded_broker.hpp"

namespace bench {

/// The broker that both programs work against: a real one, or the embedded one in this process. The legs are always
/// processes of their own. A failure ends the program.
class BrokerUnderBench {
public:
    /// Empty = embedded. Makes and fills the input topic, under a name of its own.
    BrokerUnderBench(const std::string& brokers, std::size_t records);
    ~BrokerUnderBench(); ///< deletes the topics it made on a real broker
    BrokerUnderBench(const BrokerUnderBench&) = delete;
    BrokerUnderBench& operator=(const BrokerUnderBench&) = delete;

    [[nodiscard]] const std::string& brokers() const noexcept { return brokers_; }
    [[nodiscard]] const std::string& input() const noexcept { return input_; }
    [[nodiscard]] std::string describe() const;

    /// Makes an empty output topic and a group name that nobody used.
    [[nodiscard]] std::string new_output();
    [[nodiscard]] std::string new_group();
    void drop_output(const std::string& topic);

    /// Ends the program unless the group committed every record and the output topic (when there is one) holds one for
    /// each.
    void check(const std::string& group, const std::string& output) const;

private:
    void create(const std::string& topic, std::int32_t partitions);
    void drop(const std::string& topic);

    std::unique_ptr<streaming::EmbeddedBroker> embedded_;
    std::string brokers_;
    std::size_t records_;
    std::int32_t input_partitions_;
    std::string prefix_;
    std::string input_;
    int names_ = 0;
};

} // namespace bench
