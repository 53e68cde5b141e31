#include "core/streaming/orchestration/in_flight_ids.hpp"

#include <map>
#include <random>

namespace {

using namespace streaming;
using detail::InFlightIds;
using detail::RecordTask;

class NoSink final : public DeliverySink {
public:
    void on_delivery(DeliveryTicket&, const Delivery&) noexcept override {}
    void on_delivery_batch_end() noexcept override {}
};

class InFlightIdsTest : public testing::Test {
protected:
    /// Few different homes, so that probing and moving up happen all the time.
    RecordTask& task(std::uint64_t id) {
        tasks_.push_back(std::make_unique<RecordTask>(sink_));
        tasks_.back()->fingerprint = {.low = id % 7, .high = id};
        return *tasks_.back();
    }

    NoSink sink_{};
    std::vector<std::unique_ptr<RecordTask>> tasks_{};
    InFlightIds ids_{};
};

TEST_F(InFlightIdsTest, TheSecondOfAnIdLearnsWhoHoldsIt) {
    RecordTask& first = task(1);
    EXPECT_EQ(ids_.hold(first), nullptr);
    EXPECT_EQ(ids_.hold(task(1)), &first);
    EXPECT_EQ(ids_.hold(task(8)), nullptr) << "another id with the same home";
    ids_.release(first);
    EXPECT_EQ(ids_.hold(task(1)), nullptr);
}

TEST_F(InFlightIdsTest, AgreesWithAMapOverRandomHoldsAndReleases) {
    std::mt19937 random(7);
    std::map<std::uint64_t, RecordTask*> held;
    for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t id = random() % 900;
        if (const auto found = held.find(id); found != held.end() && random() % 2 == 0) {
            ids_.release(*found->second);
            held.erase(found);
            continue;
        }
        RecordTask& one = task(id);
        RecordTask* holder = ids_.hold(one);
        const auto [at, inserted] = held.emplace(id, &one);
        ASSERT_EQ(holder, inserted ? nullptr : at->second);
        ASSERT_EQ(ids_.size(), held.size());
    }
}

} // namespace
