#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/message_consumer.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/testing/fake_broker.hpp"

namespace streaming::fakes {

/// MessageConsumer on a FakeBroker. `consume` with a wait above zero blocks until there is a record, `wake` or `stop`
/// is called, a rebalance happened or the fake clock moved, however long that takes in real time. Each record it lends
/// is a copy of its own that dies when it is given back, so that an address sanitizer sees whoever looks at it later.
/// Borrows the broker, which must outlive it.
class FakeMessageConsumer final : public MessageConsumer, private RecordOwner {
public:
    FakeMessageConsumer(FakeBroker& broker, ConsumerOptions options);
    ~FakeMessageConsumer() override;
    FakeMessageConsumer(const FakeMessageConsumer&) = delete;
    FakeMessageConsumer& operator=(const FakeMessageConsumer&) = delete;

    Status start(AssignmentListener& listener) override;
    Status consume(std::chrono::milliseconds wait, std::size_t max_records, RecordBatch& into) override;
    Status keep_membership() override;
    Status commit(std::span<const TopicOffset> offsets, CommitMode mode) override;
    [[nodiscard]] std::optional<std::int64_t> lag(const TopicOffset& position) const override;
    void wake() noexcept override;
    void stop() noexcept override;

private:
    friend class FakeBroker; // asks the five below with its mutex held

    [[nodiscard]] bool parked() const { return waiting_ && !must_return(); }
    [[nodiscard]] bool read_past_commit() const;
    [[nodiscard]] std::string describe() const;
    [[nodiscard]] bool must_return() const;
    [[nodiscard]] bool has_records() const;

    void release(void* handle) noexcept override;
    void read_headers(const void* handle, Headers& into) const override;

    [[nodiscard]] FakeGroup& group() const;
    [[nodiscard]] std::vector<TopicPartition> target() const;
    [[nodiscard]] std::vector<TopicPartition> every_partition() const;
    [[nodiscard]] std::vector<TopicPartition> held() const;
    [[nodiscard]] std::int64_t first_position(const TopicPartition& partition) const;
    [[nodiscard]] bool must_give_up() const;
    [[nodiscard]] bool can_be_assigned() const;
    bool rebalance(std::unique_lock<std::mutex>& lock);
    void give_up(std::unique_lock<std::mutex>& lock);
    void assign(std::unique_lock<std::mutex>& lock);
    std::size_t take(std::size_t max_records, RecordBatch& into);
    void tell_ends(std::unique_lock<std::mutex>& lock);
    Status end_wait();

    FakeBroker& broker_;
    const ConsumerOptions options_;
    AssignmentListener* listener_ = nullptr;

    // Guarded by the broker's mutex.
    std::map<TopicPartition, std::int64_t> positions_{}; ///< of the partitions it holds
    std::map<TopicPartition, std::int64_t> ends_told_{};
    std::uint64_t generation_ = 0;
    std::uint64_t ticks_seen_ = 0;
    bool assigned_ = false;
    bool waiting_ = false;
    bool woken_ = false;
    bool stopped_ = false;
    bool closed_ = false; ///< after on_revoked of the stop, where a commit is still in order
};

} // namespace streaming::fakes
