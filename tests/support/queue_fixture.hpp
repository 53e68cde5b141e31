#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/streaming/ingestion/queue_manager.hpp"
#include "core/streaming/testing/fake_clock.hpp"

namespace streaming {

class Settled final : public SettlementListener {
public:
    void on_settled(std::string_view id, Settlement settlement) noexcept override {
        EXPECT_EQ(settlement, Settlement::dropped);
        ids.emplace_back(id);
    }
    std::vector<std::string> ids;
};

class QueueTest : public testing::Test {
protected:
    /// The first letter is the priority: c1, h1, n1, l1.
    IngestionRecord record(const std::string& id, std::size_t payload = 0) const {
        constexpr std::string_view kLetters = "chnl";
        return {.id = id,
                .source = "api",
                .payload = std::string(payload, 'x'),
                .priority = static_cast<Priority>(kLetters.find(id.front())),
                .listener = settled_};
    }
    EnqueueOutcome offer(QueueManager& queue, const std::string& id, std::size_t payload = 0) const {
        return queue.enqueue(record(id, payload));
    }
    void fill(QueueManager& queue, const std::vector<std::string>& ids) const {
        for (const std::string& id : ids) {
            ASSERT_EQ(offer(queue, id), EnqueueOutcome::queued) << id;
        }
    }
    static std::vector<std::string> ids_of(const std::vector<IngestionRecord>& records) {
        std::vector<std::string> ids;
        for (const IngestionRecord& record : records) {
            ids.push_back(record.id);
        }
        return ids;
    }
    static std::vector<std::string> drain(QueueManager& queue) { return ids_of(queue.take_all()); }
    static void expect_exact(const QueueCounts& counts) {
        EXPECT_EQ(counts.enqueued, counts.dequeued + counts.displaced + counts.size);
        std::uint64_t drops = 0;
        for (const QueueDrops& drop : counts.drops) {
            drops += drop.count;
        }
        EXPECT_EQ(drops, counts.dropped());
    }
    /// Waits until so many threads wait in `enqueue`: the only thing they can do when there is no room.
    static void await_producers(const QueueManager& queue, std::size_t count) {
        while (queue.counts().waiting_producers < count) {
            std::this_thread::yield();
        }
    }

    fakes::FakeClock clock_;
    std::shared_ptr<Settled> settled_ = std::make_shared<Settled>();
};

} // namespace streaming
