#include "core/streaming/orchestration/duplicate_filter.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <deque>

#include "core/streaming/testing/fake_key_value_store.hpp"
#include "core/streaming/testing/fake_platform.hpp"

namespace {

using namespace streaming;
using detail::DuplicateFilter;
using detail::FlightBatch;
using detail::RecordTask;
using testing::ElementsAre;

class NoSink final : public DeliverySink {
public:
    void on_delivery(DeliveryTicket&, const Delivery&) noexcept override {}
    void on_delivery_batch_end() noexcept override {}
};

/// A batch of records with these ids.
struct Batch {
    Batch(DeliverySink& sink, std::vector<std::string> with_ids) : ids(std::move(with_ids)) {
        for (const std::string& id : ids) {
            RecordTask& task = tasks.emplace_back(sink);
            task.state.message = Message(records.emplace_back(), {.id = id});
            task.deduplicated = true;
            flight.tasks.push_back(&task);
        }
    }
    std::vector<std::string> ids;
    std::deque<ConsumedRecord> records{};
    std::deque<RecordTask> tasks{};
    FlightBatch flight{};
};

class DuplicateFilterTest : public testing::Test {
protected:
    DuplicateFilter filter(StoreErrorPolicy policy) {
        return {DuplicateFilter::Dependencies{
                    .store = platform_.store({.url = "redis://fake"}), .clock = platform_.clock(), .log = log_},
                DeduplicationOptions{.on_store_error = policy}, "shop"};
    }
    void handled_elsewhere(std::string_view id) {
        auto other = filter(StoreErrorPolicy::process);
        other.mark({&id, 1});
        other.flush();
    }

    NoSink sink_{};
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    fakes::Platform platform_{};
};

TEST_F(DuplicateFilterTest, TwoBatchesAreUnderWayAndAnsweredInOrder) {
    handled_elsewhere("a1");
    auto one = Batch(sink_, {"a0", "a1"});
    auto two = Batch(sink_, {"b0"});
    auto asked = filter(StoreErrorPolicy::process);
    asked.begin(one.flight);
    EXPECT_FALSE(asked.crowded());
    asked.begin(two.flight);
    EXPECT_TRUE(asked.crowded());
    auto answer = asked.finish();
    EXPECT_EQ(answer.batch, &one.flight);
    EXPECT_THAT(*answer.duplicates, ElementsAre(0, 1));
    answer = asked.finish();
    EXPECT_EQ(answer.batch, &two.flight);
    EXPECT_THAT(*answer.duplicates, ElementsAre(0));
    EXPECT_TRUE(asked.idle());
}

TEST_F(DuplicateFilterTest, AnswersBelongToTheirBatchAfterAPause) {
    handled_elsewhere("c0");
    auto one = Batch(sink_, {"a0", "a1"});
    auto two = Batch(sink_, {"b0", "b1", "b2"});
    auto three = Batch(sink_, {"c0", "c1"});
    auto asked = filter(StoreErrorPolicy::pause);
    asked.begin(one.flight);
    asked.begin(two.flight);
    platform_.store().set_down(true);
    platform_.store().fail_next_replies(2);
    // The answers of the first two were lost with the connection.
    auto answer = asked.finish();
    EXPECT_EQ(answer.batch, nullptr) << "answered although the store is away";
    EXPECT_TRUE(asked.holding_back());
    EXPECT_EQ(asked.waiting(), 5U);
    platform_.store().set_down(false);
    while (asked.holding_back() || answer.batch == nullptr) {
        platform_.clock().advance(std::chrono::seconds(11));
        answer = asked.finish();
    }
    EXPECT_EQ(answer.batch, &one.flight);
    EXPECT_THAT(*answer.duplicates, ElementsAre(0, 0));
    asked.begin(three.flight);
    answer = asked.finish();
    EXPECT_EQ(answer.batch, &two.flight);
    EXPECT_THAT(*answer.duplicates, ElementsAre(0, 0, 0));
    answer = asked.finish();
    EXPECT_EQ(answer.batch, &three.flight);
    EXPECT_THAT(*answer.duplicates, ElementsAre(1, 0));
}

} // namespace
