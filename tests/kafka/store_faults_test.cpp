// A Redis that stops, forgets and answers nonsense under load: nothing is lost, and nothing is skipped that has no
// mark.

#include <gmock/gmock.h>
#include <hiredis/hiredis.h>

#include <functional>

#include "tests/kafka/feeder.hpp"
#include "tests/kafka/output_account.hpp"
#include "tests/kafka/real_kafka_test.hpp"
#include "tests/support/kafka_tools.hpp"

namespace tests {
namespace {

using streaming::Outcome;

class StoreFaults : public RealKafkaTest {
protected:
    /// Two members under load, so that marks are asked for and not only remembered; `fault` happens in the middle.
    void run(const std::function<void(const Feeder&)>& fault) {
        auto one = start_copier({.workers = 2});
        auto other = start_copier({.workers = 2});
        Feeder feeder(servers(), in_);
        feeder.start();
        ASSERT_TRUE(has_flown(500));
        fault(feeder);
        ASSERT_TRUE(has_flown(500));
        sent_ = feeder.stop();
        account_ = await_output(servers(), out_, sent_);
        EXPECT_EQ(account_.missing, 0U) << account_ << " of " << sent_;
        EXPECT_EQ(account_.two_ids, 0U) << account_;
        EXPECT_EQ(account_.shuffled, 0U) << account_;
        EXPECT_EQ(one->stop() + other->stop(), 0U);
        std::uint64_t handled = 0;
        for (const auto* service : {one.get(), other.get()}) {
            const auto counts = service->metrics().flows()[0].second;
            handled += counts.count(Outcome::handled);
            store_errors_ += counts.dedup_store_errors;
        }
        EXPECT_EQ(handled, static_cast<std::uint64_t>(sent_) + account_.repeats)
            << "what is skipped was handled before";
    }
    /// Waits until the services wrote `more` records than they had.
    [[nodiscard]] bool has_flown(int more) const {
        return streaming::testing_support::await_end(servers(), out_,
                                                     streaming::testing_support::end_of(servers(), out_) + more, 60s);
    }
    /// Asks the server past our own code.
    void command(const std::string& line) {
        const std::unique_ptr<redisContext, decltype(&redisFree)> context(
            redisConnectUnix(redis().socket_path().c_str()), &redisFree);
        const std::unique_ptr<void, decltype(&freeReplyObject)> reply(redisCommand(context.get(), line.c_str()),
                                                                      &freeReplyObject);
        ASSERT_NE(reply, nullptr) << line;
        ASSERT_NE(static_cast<redisReply*>(reply.get())->type, REDIS_REPLY_ERROR) << line;
    }

    OutputAccount account_{};
    int sent_ = 0;
    std::uint64_t store_errors_ = 0;
};

TEST_F(StoreFaults, StoppedForFiveSecondsUnderLoadLosesNothing) {
    run([this](const Feeder& feeder) {
        redis().stop();
        const auto back = std::chrono::steady_clock::now() + 5s;
        const int before = feeder.sent();
        while (std::chrono::steady_clock::now() < back) {
            ASSERT_TRUE(has_flown(1)) << "policy is to go on";
        }
        EXPECT_GT(feeder.sent(), before);
        redis().start();
    });
    EXPECT_GT(store_errors_, 0U);
}

TEST_F(StoreFaults, EmptiedUnderLoadLosesNothing) {
    run([this](const Feeder&) {
        for (int time = 0; time < 5; ++time) {
            command("FLUSHALL");
            ASSERT_TRUE(has_flown(200));
        }
    });
    EXPECT_EQ(account_.repeats, 0U);
}

TEST_F(StoreFaults, AnsweringWrongTypesUnderLoadLosesNothing) {
    run([this](const Feeder&) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto ttl = streaming::DeduplicationOptions{}.ttl;
        const auto bucket = std::chrono::floor<std::chrono::seconds>(now).count() / ttl.count();
        const std::string key = "dedup:" + group_ + ":";
        for (const auto& [kind, value] : {std::pair{"SET", "text"}, {"HSET", "field text"}, {"RPUSH", "text"}}) {
            for (const auto which : {bucket - 1, bucket, bucket + 1}) {
                command(kind + std::string(" spare ") + value);
                command("RENAME spare " + key + std::to_string(which)); // at once: the service writes there, too
            }
            ASSERT_TRUE(has_flown(500)) << kind;
        }
        command("FLUSHALL");
    });
    EXPECT_GT(store_errors_, 0U);
}

} // namespace
} // namespace tests
