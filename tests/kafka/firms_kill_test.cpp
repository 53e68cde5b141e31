// Ingestion of NASA FIRMS that is killed between fetch and state, as its recorded polls grow.

#include <gmock/gmock.h>
#include <hiredis/hiredis.h>

#include <array>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "core/streaming/infrastructure/system_clock.hpp"
#include "core/streaming/ingestion/answer_report.hpp"
#include "core/streaming/reliability/stored_id.hpp"
#include "services/ingest/source_types.hpp"
#include "tests/kafka/firms_api.hpp"
#include "tests/kafka/ingestion_test.hpp"
#include "tests/support/kafka_tools.hpp"
#include "tests/support/recordings.hpp"

namespace tests {
namespace {

namespace testing_support = streaming::testing_support;
using testing_support::ChildProcess;

constexpr int kKills = 20;

/// When the program dies.
enum class Moment { after_fetch, mid_publish, after_publish, before_state_write };

/// The name of the source that polls a product: part of the ids.
std::string source_of(const std::string& product) { return product.starts_with("MODIS") ? "modis" : "snpp"; }

/// How many rows the API shows when it comes to a kill: a recorded poll is reached in some equal steps.
std::size_t shown_at(int kill) {
    constexpr std::array<int, 4> kFirst{0, 3, 11, kKills};
    std::size_t poll = 1;
    while (kill >= kFirst.at(poll)) {
        ++poll;
    }
    const auto steps = static_cast<std::size_t>(kFirst.at(poll) - kFirst.at(poll - 1));
    const auto step = static_cast<std::size_t>(kill - kFirst.at(poll - 1) + 1);
    return FirmsApi::kPolls[poll - 1] + (FirmsApi::kPolls[poll] - FirmsApi::kPolls[poll - 1]) * step / steps;
}

class FirmsKill : public IngestionTest {
protected:
    struct OnTopic {
        std::vector<std::string> ids{}; ///< as they came
        std::set<std::string> natural_keys{};
        std::map<std::string, std::string> data{}; ///< by id
        std::size_t other_data = 0;                ///< repeats that say something else
    };

    /// One partition, so that there is one order.
    void SetUp() override { make_topic(topic_, 1); }

    [[nodiscard]] std::string config(const FirmsApi& api) {
        std::string text = fmt::format(
            "kafka: {{bootstrap_servers: \"{}\", batch_size: 100}}\nthrottling: {{max_send_rate: 3000}}\n"
            "redis: {{url: \"{}\"}}\n"
            "api_endpoints: {{nasa_firms: \"{}\"}}\nsources:\n",
            servers(), redis().url(), api.url());
        for (const auto& [product, body] : api.bodies()) {
            text += fmt::format(
                "  {}: {{source_type: nasa_firms, topic: {}, rate_limit_per_minute: 1000000, cache_ttl_seconds: 0, "
                "ingestion: {{mode: real_time, polling_interval_seconds: 0.1, max_records_per_poll: 100000}}, "
                "custom_params: {{product: {}, map_key: k1}}}}\n",
                source_of(product), topic_, product);
        }
        return files_.write("firms.yaml", text);
    }
    [[nodiscard]] OnTopic on_topic() const {
        OnTopic found;
        for (const auto& record : testing_support::read_topic(servers(), topic_)) {
            const auto event = nlohmann::json::parse(record.payload.value_or("null"));
            const auto& data = event.at("data");
            found.ids.push_back(event.at("id"));
            std::string natural_key;
            for (const char* part : {"satellite", "family", "acquired_at", "latitude", "longitude"}) {
                natural_key += data.at(part).dump() + '|';
            }
            found.natural_keys.insert(std::move(natural_key));
            const auto [first, is_new] = found.data.emplace(found.ids.back(), data.dump());
            found.other_data += is_new || first->second == data.dump() ? 0U : 1U;
        }
        return found;
    }
    /// The ids of all that the API shows now, made without a network or a store.
    [[nodiscard]] static std::set<std::string> expected(const FirmsApi& api) {
        streaming::SystemClock clock; // rows of a time to come would be rejected
        std::set<std::string> ids;
        for (const auto& [product, body] : api.bodies()) {
            streaming::SourceSettings settings{.source_type = "nasa_firms"};
            settings.custom_params["product"] = product;
            const auto report = report_answer(services::ingest::source_types(), source_of(product), settings,
                                              {.response = {.status = 200, .body = body}}, clock);
            EXPECT_TRUE(report.ok() && report.value().understood()) << product;
            for (const auto& row : report.value().rows) {
                ids.insert(row.id);
            }
        }
        return ids;
    }
    /// Past our own code.
    [[nodiscard]] std::vector<std::string> ask_redis(const std::vector<std::string>& words) {
        const std::unique_ptr<redisContext, decltype(&redisFree)> context(
            redisConnectUnix(redis().socket_path().c_str()), &redisFree);
        std::vector<const char*> texts;
        std::vector<std::size_t> lengths;
        for (const std::string& word : words) {
            texts.push_back(word.data());
            lengths.push_back(word.size());
        }
        const std::unique_ptr<void, decltype(&freeReplyObject)> reply(
            redisCommandArgv(context.get(), static_cast<int>(words.size()), texts.data(), lengths.data()),
            &freeReplyObject);
        std::vector<std::string> answer;
        const auto* const all = static_cast<const redisReply*>(reply.get());
        EXPECT_TRUE(all != nullptr && all->type != REDIS_REPLY_ERROR) << words.front();
        for (std::size_t i = 0; all != nullptr && i < all->elements; ++i) {
            answer.emplace_back(all->element[i]->str, all->element[i]->len);
        }
        return answer;
    }
    /// What the program remembers as sent, as it stands in the store.
    [[nodiscard]] std::set<std::string> remembered() {
        std::set<std::string> marks;
        for (const std::string& key : ask_redis({"KEYS", "dedup:*"})) {
            for (std::string& mark : ask_redis({"SMEMBERS", key})) {
                marks.insert(std::move(mark));
            }
        }
        return marks;
    }
    [[nodiscard]] bool await_rows(std::size_t rows) const {
        return testing_support::await_end(servers(), topic_, static_cast<std::int64_t>(rows), 30s);
    }

    /// Starts the program, which has `left` rows to send behind the `before` that are there, and kills it.
    void run_and_kill(const std::string& config, const FirmsApi& api, Moment moment, std::size_t before,
                      std::size_t left) {
        const bool stands_still =
            moment == Moment::before_state_write && std::exchange(from_the_start_, !from_the_start_);
        if (stands_still) {
            (void)ask_redis({"CLIENT", "PAUSE", "30000", "WRITE"});
        }
        ChildProcess program = start({config});
        std::uniform_int_distribution<std::size_t> some(1, std::max<std::size_t>(left, 1));
        std::uniform_int_distribution<int> milliseconds(0, 20);
        switch (moment) {
            case Moment::after_fetch:
                ASSERT_TRUE(api.await_more(2)) << log();
                ASSERT_EQ(program.wait_for(std::chrono::milliseconds(milliseconds(random_))), std::nullopt) << log();
                break;
            case Moment::mid_publish:
                ASSERT_TRUE(await_rows(before + some(random_))) << log();
                break;
            case Moment::after_publish:
                ASSERT_TRUE(await_rows(before + left)) << log();
                break;
            case Moment::before_state_write: // nothing is written from the start on, or from somewhere in the middle on
                if (!stands_still) {
                    ASSERT_TRUE(await_rows(before + (some(random_) + 1) / 2)) << log();
                    (void)ask_redis({"CLIENT", "PAUSE", "30000", "WRITE"});
                }
                ASSERT_TRUE(await_rows(before + left)) << log();
                break;
        }
        program.kill9();
        if (moment == Moment::before_state_write) { // what the dead one asked for goes with its connection, which is
            (void)ask_redis({"CLIENT", "LIST"});    // over when a later one is answered
            (void)ask_redis({"CLIENT", "UNPAUSE"});
        }
    }

    std::string topic_ = new_name();
    bool from_the_start_ = true;
    std::mt19937 random_{kKills}; ///< the same moments in each run, as far as a machine allows
};

TEST_F(FirmsKill, AtEveryPointOfAPollLosesNoRowAndRepeatsOnlyWhatWasInFlight) {
    TRIBUTARY_NEEDS_RECORDING("firms/repolls/fires_2026-07-31T1001Z.csv");
    FirmsApi api;
    const std::string file = config(api);
    {
        ChildProcess program = start({file}); // the first recorded poll: none
        ASSERT_TRUE(api.await_more(4)) << log();
        program.kill9();
    }
    OnTopic before;
    std::set<std::string> marks;
    std::array<std::size_t, 4> repeats{}; // after a kill at that moment
    std::array<std::size_t, 4> in_flight{};
    std::size_t seen = 0;
    // What came since the kill before: what was seen before must have had no mark then.
    const auto account = [&](Moment killed_at) {
        OnTopic now = on_topic();
        std::set<std::string> known(now.ids.begin(), now.ids.begin() + static_cast<std::ptrdiff_t>(before.ids.size()));
        for (std::size_t i = before.ids.size(); i < now.ids.size(); ++i) {
            if (!known.insert(now.ids[i]).second) {
                ++repeats.at(static_cast<std::size_t>(killed_at));
                EXPECT_FALSE(marks.contains(std::string(streaming::StoredId(now.ids[i]).view())))
                    << now.ids[i] << " was remembered and came again";
            }
        }
        seen = known.size();
        before = std::move(now);
    };
    Moment last = Moment::after_fetch;
    for (int kill = 0; kill < kKills; ++kill) {
        const auto moment = static_cast<Moment>(kill % 4);
        api.show(shown_at(kill));
        ASSERT_NO_FATAL_FAILURE(run_and_kill(file, api, moment, before.ids.size(), shown_at(kill) - marks.size()))
            << "kill " << kill;
        account(last);
        marks = remembered();
        in_flight.at(static_cast<std::size_t>(moment)) += seen - marks.size();
        last = moment;
    }
    ChildProcess program = start({file});
    ASSERT_TRUE(api.await_more(4)) << log(); // there may be no row left, and a signal is for a program that runs
    ASSERT_TRUE(await_rows(before.ids.size() + FirmsApi::kPolls[3] - marks.size())) << log();
    end(program);
    account(last);
    EXPECT_EQ(std::set<std::string>(before.ids.begin(), before.ids.end()), expected(api)) << log();
    EXPECT_EQ(seen, FirmsApi::kPolls[3]);
    EXPECT_EQ(before.natural_keys.size(), FirmsApi::kPolls[3]) << "a row has two ids";
    EXPECT_EQ(before.other_data, 0U);
    EXPECT_EQ(remembered().size(), FirmsApi::kPolls[3]);
    EXPECT_GT(in_flight.at(static_cast<std::size_t>(Moment::before_state_write)), 0U) << "no kill came where it should";

    ChildProcess again = start({file});
    ASSERT_TRUE(api.await_more(4)) << log();
    end(again);
    EXPECT_EQ(on_topic().ids.size(), before.ids.size()) << "all was remembered";
    std::cout << seen << " rows, " << before.ids.size() - seen << " repeats; kills after fetch, mid-publish, after "
              << "publish, before the state is written: in flight " << testing::PrintToString(in_flight)
              << ", came again " << testing::PrintToString(repeats) << '\n';
}

} // namespace
} // namespace tests
