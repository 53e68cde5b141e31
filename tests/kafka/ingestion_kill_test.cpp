// Ingestion that is killed, or has no broker for a while.

#include <gmock/gmock.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <string>

#include "core/streaming/infrastructure/event_types.hpp"
#include "tests/kafka/ingestion_test.hpp"
#include "tests/support/kafka_tools.hpp"

namespace tests {
namespace {

using streaming::TopicNames;
namespace testing_support = streaming::testing_support;
using testing_support::ChildProcess;

class IngestionKill : public IngestionTest {
protected:
    /// Dead letters ever written.
    [[nodiscard]] std::int64_t dead_letters() const {
        return testing_support::end_of(servers(), TopicNames::dead_letters(out_, "numbers"));
    }
    [[nodiscard]] static int shown(const NumberedApi& api) { return api.served().at("/numbers"); }
};

TEST_F(IngestionKill, KilledAtTwentyRandomMomentsLosesNothingAndRepeatsUnderTheSameIds) {
    const char* const more = std::getenv("TRIBUTARY_KAFKA_KILLS"); // for a longer look
    const int kills = more != nullptr ? std::stoi(more) : 20;
    std::mt19937 random(static_cast<unsigned>(kills)); // the same moments in each run, as far as a machine allows
    std::uniform_int_distribution<std::size_t> polls(1, 10);
    std::uniform_int_distribution<int> milliseconds(0, 30);
    NumberedApi api;
    const std::string config = files_.write("ingest.yaml", surroundings(api) + "sources:\n" + source("numbers", 0.02));
    int unfinished = 0;
    for (int kill = 0; kill < kills; ++kill) {
        ChildProcess program = start({config});
        ASSERT_TRUE(api.await_more(polls(random))) << "kill " << kill << "\n" << log();
        ASSERT_EQ(program.wait_for(std::chrono::milliseconds(milliseconds(random))), std::nullopt)
            << "ended by itself\n"
            << log();
        program.kill9();
        const auto records = testing_support::read_topic(servers(), out_);
        unfinished += account_of(records, api.served()).missing > 0 ? 1 : 0;
    }
    ChildProcess program = start({config});
    ASSERT_TRUE(api.await_more(2)) << log();
    api.freeze();
    const auto account = await_ingested(servers(), out_, api.served());
    EXPECT_EQ(account.missing, 0U) << account << "\n" << log();
    EXPECT_EQ(account.strangers, 0U) << account;
    EXPECT_EQ(account.two_ids, 0U) << account;
    EXPECT_EQ(account.other_content, 0U) << account;
    EXPECT_GT(unfinished, 0) << "no kill came between fetch and acknowledgement";
    EXPECT_EQ(dead_letters(), 0);
    end(program);
    RecordProperty("records", shown(api));
    RecordProperty("repeats", static_cast<int>(account.repeats));
    RecordProperty("kills_with_records_on_the_way", unfinished);
    std::cout << shown(api) << " records, " << account << ", " << unfinished << " of " << kills
              << " kills with records on the way\n";
}

/// A broker that was killed may have lost what it had acknowledged to nobody yet; the client then ends, and what was on
/// its way may be stored or not. It must be sent again without its source, which shows its newest 1,000 only.
TEST_F(IngestionKill, TenSecondsWithoutABrokerLoseAndDeadLetterNothing) {
    NumberedApi api;
    const std::string config = files_.write("ingest.yaml", surroundings(api) + "sources:\n" + source("numbers", 0.1));
    ChildProcess program = start({config});
    ASSERT_TRUE(testing_support::await_end(servers(), out_, 500, 30s)) << log();
    kafka().kill9();
    const std::size_t polls_before = api.polls().size();
    const int before = shown(api);
    EXPECT_EQ(program.wait_for(10s), std::nullopt) << "ended by itself\n" << log();
    ASSERT_TRUE(api.await([&](const auto& polls) { return polls.size() > polls_before + 25; }, 60s)) << "is not asked";
    const int during = shown(api) - before;
    kafka().restart();
    EXPECT_GT(during, 500) << "the API was not asked meanwhile";
    ASSERT_TRUE(testing_support::await_end(servers(), out_, before + during, 60s)) << log();
    ASSERT_TRUE(api.await_more(5)) << "does not go on\n" << log();
    api.freeze();
    const auto account = await_ingested(servers(), out_, api.served(), 60s);
    EXPECT_EQ(account.missing, 0U) << account << "\n" << log();
    EXPECT_EQ(account.strangers, 0U) << account;
    EXPECT_EQ(account.two_ids, 0U) << account;
    EXPECT_EQ(account.other_content, 0U) << account;
    EXPECT_EQ(dead_letters(), 0);
    end(program);
    std::cout << shown(api) << " records, " << during << " of them without a broker, " << account << "\n";
}

} // namespace
} // namespace tests
