#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// A Kafka broker in memory (librdkafka's in-process cluster). It keeps nothing: its records are gone with it, and each
/// partition holds 5 MiB or 100,000 batches and drops the oldest silently. No transactions, no compaction, no time
/// lookup. Thread-safe. For demonstrations, tests and first tries.
class EmbeddedBroker {
public:
    static constexpr std::int32_t kDefaultPartitions = 4;

    /// Starts it. Throws std::runtime_error when librdkafka cannot make one.
    explicit EmbeddedBroker(int brokers = 1);
    ~EmbeddedBroker();
    EmbeddedBroker(const EmbeddedBroker&) = delete;
    EmbeddedBroker& operator=(const EmbeddedBroker&) = delete;

    [[nodiscard]] const std::string& bootstrap_servers() const noexcept;     ///< 127.0.0.1:port[,...]
    Status create_topic(const std::string& name, std::int32_t partitions);   ///< already_exists when it does
    [[nodiscard]] std::int32_t partitions_of(const std::string& name) const; ///< 0 = not made by create_topic

    /// For fault tests: the next Produce (etc.) requests are answered with these Kafka error numbers. `api_key` as in
    /// the protocol.
    void fail_next(std::int16_t api_key, const std::vector<int>& errors);
    void set_down(bool down);
    void set_round_trip(int milliseconds);

    /// The one that `bootstrap_servers: embedded` means in this process; made on first use, kept to the end.
    [[nodiscard]] static EmbeddedBroker& shared();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace streaming
