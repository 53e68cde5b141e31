#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/observation.hpp"
#include "core/streaming/infrastructure/embedded_broker.hpp"

namespace bench {

/// A topic made for one leg.
struct BenchTopic {
    std::string name{};
    std::int32_t partitions = 0;
    std::vector<std::int64_t> begin{}; ///< where the run begins in each partition
};

/// The broker that both programs work against: a real one, or the embedded one in this process. The legs are always
/// processes of their own. A failure ends the program.
class BrokerUnderBench {
public:
    explicit BrokerUnderBench(const std::string& brokers); ///< empty = embedded
    ~BrokerUnderBench();                                   ///< deletes the topics it made on a real broker
    BrokerUnderBench(const BrokerUnderBench&) = delete;
    BrokerUnderBench& operator=(const BrokerUnderBench&) = delete;

    [[nodiscard]] const std::string& brokers() const noexcept { return brokers_; }
    [[nodiscard]] bool is_embedded() const noexcept { return embedded_ != nullptr; }
    /// 8, or as many as the embedded broker needs to keep so many records.
    [[nodiscard]] std::int32_t partitions_for(std::size_t records) const;

    /// A topic that holds the observations, for all legs that read the same.
    [[nodiscard]] BenchTopic new_input(const Observations& observations, std::int32_t partitions);
    /// An empty topic for what one run writes. The embedded broker cannot forget one: there it is the same for every
    /// run, and `begin` is where the run before ended.
    [[nodiscard]] BenchTopic new_output(std::int32_t partitions);
    [[nodiscard]] std::string new_group() { return new_name("group"); }
    void drop(const BenchTopic& topic);

    /// Ends the program unless the group committed all of the topic's `records`.
    void check_committed(const std::string& group, const BenchTopic& topic, std::size_t records) const;
    [[nodiscard]] std::size_t written_to(const BenchTopic& output) const;

private:
    [[nodiscard]] std::string new_name(const char* purpose);
    void create(const std::string& topic, std::int32_t partitions);

    std::unique_ptr<streaming::EmbeddedBroker> embedded_;
    std::string brokers_;
    std::string prefix_;
    std::map<std::int32_t, std::string> kept_outputs_{}; ///< of the embedded broker, by partitions
    std::vector<std::string> to_delete_{};
    int names_ = 0;
};

} // namespace bench
