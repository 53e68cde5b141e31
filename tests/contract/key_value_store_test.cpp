#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/file_key_value_store.hpp"
#include "core/streaming/infrastructure/redis_key_value_store.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_key_value_store.hpp"
#include "tests/contract/key_value_store_contract.hpp"
#include "tests/support/redis_server.hpp"

namespace streaming::contract {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::SizeIs;

class FakeStoreUnderTest final : public StoreUnderTest {
public:
    std::unique_ptr<KeyValueStore> connect() override { return std::make_unique<fakes::FakeKeyValueStore>(store_); }
    void pass(std::chrono::seconds age, const std::function<bool()>&) override { clock_.advance(age); }

private:
    fakes::FakeClock clock_{};
    fakes::FakeStore store_{clock_};
};

class RedisUnderTest final : public StoreUnderTest {
public:
    std::unique_ptr<KeyValueStore> connect() override {
        return std::make_unique<RedisKeyValueStore>(RedisOptions{.url = server_.url()});
    }
    void pass(std::chrono::seconds, const std::function<bool()>& gone) override {
        while (!gone()) { // each look is a round trip; the test's timeout bounds it
        }
    }

private:
    testing_support::RedisServer server_{};
};

class FileUnderTest final : public StoreUnderTest {
public:
    FileUnderTest() { std::filesystem::remove_all(directory_); }
    ~FileUnderTest() override { std::filesystem::remove_all(directory_); }
    std::unique_ptr<KeyValueStore> connect() override {
        return std::make_unique<FileKeyValueStore>(directory_, "a source", clock_);
    }
    void pass(std::chrono::seconds age, const std::function<bool()>&) override { clock_.advance(age); }

private:
    fakes::FakeClock clock_{};
    std::filesystem::path directory_ =
        std::filesystem::path(::testing::TempDir()) / ("file_store." + std::to_string(::getpid()));
};

class KeyValueStoreContract : public ::testing::TestWithParam<StoreFactory> {
protected:
    void SetUp() override {
        under_test_ = GetParam().make();
        store_ = under_test_->connect();
    }
    /// One pipeline and its answers.
    std::vector<StoreReply> run(std::vector<StoreCommand> commands) {
        std::vector<StoreReply> replies;
        EXPECT_TRUE(store_->send(commands).ok());
        EXPECT_TRUE(store_->receive(replies).ok());
        return replies;
    }
    std::optional<std::string> get(std::string_view key) {
        auto replies = run({{.kind = StoreCommand::Kind::get, .key = key}});
        return replies.empty() ? std::nullopt : replies.front().value;
    }

    std::unique_ptr<StoreUnderTest> under_test_{};
    std::unique_ptr<KeyValueStore> store_{};
};

TEST_P(KeyValueStoreContract, AnswersPing) { EXPECT_TRUE(store_->ping().ok()); }

TEST_P(KeyValueStoreContract, AddedMembersAreContained) {
    const std::array added{"a"sv, "b"sv};
    const std::array asked{"b"sv, "c"sv, "a"sv};
    const auto replies = run({{.kind = StoreCommand::Kind::contains, .key = "set", .members = asked},
                              {.kind = StoreCommand::Kind::add, .key = "set", .members = added, .ttl = 60s},
                              {.kind = StoreCommand::Kind::contains, .key = "set", .members = asked}});
    ASSERT_EQ(replies.size(), 3U);
    EXPECT_THAT(replies[0].found, ElementsAre(0, 0, 0));
    EXPECT_THAT(replies[2].found, ElementsAre(1, 0, 1));
}

TEST_P(KeyValueStoreContract, KeysMembersAndValuesAreBytes) {
    const auto key = "k\0\xff\r\n"sv;
    const std::array member{"m\0\xfe"sv};
    const std::array without_end{"m"sv};
    const auto replies = run({{.kind = StoreCommand::Kind::add, .key = key, .members = member, .ttl = 60s},
                              {.kind = StoreCommand::Kind::contains, .key = key, .members = member},
                              {.kind = StoreCommand::Kind::contains, .key = key, .members = without_end},
                              {.kind = StoreCommand::Kind::set, .key = "v"sv, .value = "\0\r\n\xff"sv},
                              {.kind = StoreCommand::Kind::get, .key = "v"sv}});
    ASSERT_EQ(replies.size(), 5U);
    EXPECT_THAT(replies[1].found, ElementsAre(1));
    EXPECT_THAT(replies[2].found, ElementsAre(0));
    EXPECT_THAT(replies[4].value, Optional(std::string("\0\r\n\xff"sv)));
}

TEST_P(KeyValueStoreContract, ValuesAreSetGotAndErased) {
    const auto replies = run({{.kind = StoreCommand::Kind::get, .key = "v"},
                              {.kind = StoreCommand::Kind::exists, .key = "v"},
                              {.kind = StoreCommand::Kind::set, .key = "v", .value = "1"},
                              {.kind = StoreCommand::Kind::get, .key = "v"},
                              {.kind = StoreCommand::Kind::exists, .key = "v"},
                              {.kind = StoreCommand::Kind::erase, .key = "v"},
                              {.kind = StoreCommand::Kind::get, .key = "v"}});
    ASSERT_EQ(replies.size(), 7U);
    EXPECT_EQ(replies[0].value, std::nullopt);
    EXPECT_THAT(replies[1].found, ElementsAre(0));
    EXPECT_THAT(replies[3].value, Optional(std::string("1")));
    EXPECT_THAT(replies[4].found, ElementsAre(1));
    EXPECT_EQ(replies[6].value, std::nullopt);
}

TEST_P(KeyValueStoreContract, PipelinesAreAnsweredInOrder) {
    const StoreCommand first[] = {{.kind = StoreCommand::Kind::set, .key = "a", .value = "1"},
                                  {.kind = StoreCommand::Kind::get, .key = "a"}};
    const StoreCommand second[] = {{.kind = StoreCommand::Kind::set, .key = "a", .value = "2"},
                                   {.kind = StoreCommand::Kind::get, .key = "a"},
                                   {.kind = StoreCommand::Kind::get, .key = "b"}};
    ASSERT_TRUE(store_->send(first).ok());
    ASSERT_TRUE(store_->send(second).ok());
    std::vector<StoreReply> replies;
    ASSERT_TRUE(store_->receive(replies).ok());
    ASSERT_EQ(replies.size(), 2U);
    EXPECT_THAT(replies[1].value, Optional(std::string("1")));
    ASSERT_TRUE(store_->receive(replies).ok());
    ASSERT_EQ(replies.size(), 3U);
    EXPECT_THAT(replies[1].value, Optional(std::string("2")));
}

TEST_P(KeyValueStoreContract, ConnectionsSeeOneStore) {
    run({{.kind = StoreCommand::Kind::set, .key = "v", .value = "1"}});
    store_ = under_test_->connect();
    EXPECT_THAT(get("v"), Optional(std::string("1")));
}

TEST_P(KeyValueStoreContract, WhatHasATtlIsGoneAfterIt) {
    const std::array member{"m"sv};
    run({{.kind = StoreCommand::Kind::set, .key = "short", .value = "1", .ttl = 1s},
         {.kind = StoreCommand::Kind::set, .key = "for ever", .value = "1"},
         {.kind = StoreCommand::Kind::add, .key = "set", .members = member, .ttl = 1s}});
    const auto found = [&] {
        const auto replies = run({{.kind = StoreCommand::Kind::contains, .key = "set", .members = member}});
        return replies.at(0).found.at(0) != 0;
    };
    under_test_->pass(1s, [&] { return !get("short").has_value() && !found(); });
    EXPECT_EQ(get("short"), std::nullopt);
    EXPECT_FALSE(found());
    EXPECT_THAT(get("for ever"), Optional(std::string("1")));
}

TEST_P(KeyValueStoreContract, AnErrorReplyFailsThePipelineAndTheNextSendWorks) {
    const std::array member{"m"sv};
    run({{.kind = StoreCommand::Kind::set, .key = "v", .value = "1"}});
    const StoreCommand wrong[] = {{.kind = StoreCommand::Kind::contains, .key = "v", .members = member}};
    std::vector<StoreReply> replies;
    ASSERT_TRUE(store_->send(wrong).ok());
    EXPECT_FALSE(store_->receive(replies).ok());
    EXPECT_THAT(get("v"), Optional(std::string("1")));
}

TEST_P(KeyValueStoreContract, CloseForgetsOutstandingAnswers) {
    const StoreCommand commands[] = {{.kind = StoreCommand::Kind::set, .key = "v", .value = "1"}};
    ASSERT_TRUE(store_->send(commands).ok());
    store_->close();
    EXPECT_TRUE(store_->ping().ok());
    EXPECT_EQ(get("absent"), std::nullopt);
}

TEST_P(KeyValueStoreContract, AnErrorEndsWhatElseIsOutstanding) {
    const std::array member{"m"sv};
    run({{.kind = StoreCommand::Kind::set, .key = "v", .value = "1"}});
    const StoreCommand wrong[] = {{.kind = StoreCommand::Kind::contains, .key = "v", .members = member}};
    const StoreCommand right[] = {{.kind = StoreCommand::Kind::get, .key = "v"}};
    std::vector<StoreReply> replies;
    ASSERT_TRUE(store_->send(wrong).ok());
    ASSERT_TRUE(store_->send(right).ok());
    EXPECT_FALSE(store_->receive(replies).ok());
    EXPECT_FALSE(store_->receive(replies).ok()) << "its answer is gone";
    EXPECT_THAT(get("v"), Optional(std::string("1")));
}

TEST_P(KeyValueStoreContract, NobodyAskedNothingIsAnError) {
    std::vector<StoreReply> replies;
    EXPECT_FALSE(store_->receive(replies).ok());
    EXPECT_TRUE(store_->ping().ok());
}

TEST_P(KeyValueStoreContract, CommandsOfNoMembersHaveTheirPlace) {
    const auto replies = run({{.kind = StoreCommand::Kind::add, .key = "set", .ttl = 60s},
                              {.kind = StoreCommand::Kind::contains, .key = "set"},
                              {.kind = StoreCommand::Kind::set, .key = "v", .value = "1"},
                              {.kind = StoreCommand::Kind::get, .key = "v"}});
    ASSERT_EQ(replies.size(), 4U);
    EXPECT_TRUE(replies[1].found.empty());
    EXPECT_THAT(replies[3].value, Optional(std::string("1")));
    EXPECT_TRUE(run({}).empty());
}

TEST_P(KeyValueStoreContract, AddingAgainSetsTheTtlAgain) {
    const std::array first{"a"sv};
    const std::array second{"b"sv};
    run({{.kind = StoreCommand::Kind::add, .key = "set", .members = first, .ttl = 1s},
         {.kind = StoreCommand::Kind::set, .key = "short", .value = "1", .ttl = 1s},
         {.kind = StoreCommand::Kind::add, .key = "set", .members = second, .ttl = 60s}});
    under_test_->pass(1s, [&] { return !get("short").has_value(); });
    const std::array asked{"a"sv, "b"sv};
    const auto replies = run({{.kind = StoreCommand::Kind::contains, .key = "set", .members = asked}});
    EXPECT_THAT(replies.at(0).found, ElementsAre(1, 1));
}

TEST_P(KeyValueStoreContract, OneOwnerHoldsWhatItAcquired) {
    if (GetParam().name == "File") {
        GTEST_SKIP() << "one process's";
    }
    const auto acquire = [&](std::string_view owner, std::chrono::milliseconds ttl) {
        return run({{.kind = StoreCommand::Kind::acquire, .key = "lease", .value = owner, .ttl = ttl}})
            .at(0)
            .found.at(0);
    };
    EXPECT_EQ(acquire("a", 60s), 1);
    EXPECT_EQ(acquire("b", 60s), 0);
    const auto renewed = run({{.kind = StoreCommand::Kind::acquire, .key = "lease", .value = "a", .ttl = 300ms},
                              {.kind = StoreCommand::Kind::get, .key = "lease"}});
    EXPECT_THAT(renewed.at(0).found, ElementsAre(1)) << "from now on for 300 ms";
    EXPECT_THAT(renewed.at(1).value, Optional(std::string("a")));
    under_test_->pass(1s, [&] { return !get("lease").has_value(); });
    EXPECT_EQ(acquire("b", 60s), 1);
}

TEST_P(KeyValueStoreContract, OnlyTheOwnerReleases) {
    if (GetParam().name == "File") {
        GTEST_SKIP() << "one process's";
    }
    const auto replies = run({{.kind = StoreCommand::Kind::acquire, .key = "lease", .value = "a", .ttl = 60s},
                              {.kind = StoreCommand::Kind::release, .key = "lease", .value = "b"},
                              {.kind = StoreCommand::Kind::get, .key = "lease"},
                              {.kind = StoreCommand::Kind::release, .key = "lease", .value = "a"},
                              {.kind = StoreCommand::Kind::get, .key = "lease"},
                              {.kind = StoreCommand::Kind::release, .key = "lease", .value = "a"}});
    ASSERT_EQ(replies.size(), 6U);
    EXPECT_THAT(replies[1].found, ElementsAre(0));
    EXPECT_THAT(replies[2].value, Optional(std::string("a")));
    EXPECT_THAT(replies[3].found, ElementsAre(1));
    EXPECT_EQ(replies[4].value, std::nullopt);
    EXPECT_THAT(replies[5].found, ElementsAre(0));
}

TEST_P(KeyValueStoreContract, ARegisterNamesWhoseTimeIsNotOver) {
    if (GetParam().name == "File") {
        GTEST_SKIP() << "one process's";
    }
    const auto register_of = [](const StoreReply& reply) {
        return Register::parse(reply.value.value_or("")).value_or(Register{});
    };
    const auto announce = [&](std::string_view member) {
        return register_of(
            run({{.kind = StoreCommand::Kind::announce, .key = "members", .value = member, .ttl = 60s}}).at(0));
    };
    const auto begun = // together: no time passes between them
        run({{.kind = StoreCommand::Kind::announce, .key = "members", .value = "b b", .ttl = 300ms},
             {.kind = StoreCommand::Kind::announce, .key = "members", .value = "a", .ttl = 60s}});
    EXPECT_LT(register_of(begun.at(0)).age, 60s);
    EXPECT_THAT(register_of(begun.at(1)).members, ElementsAre("a", "b b"));
    under_test_->pass(1s, [&] { return announce("a").members.size() == 1; });
    const Register later = announce("c");
    EXPECT_THAT(later.members, ElementsAre("a", "c"));
    EXPECT_GE(later.age, 300ms) << "since the first announcement";
    run({{.kind = StoreCommand::Kind::depart, .key = "members", .value = "a"},
         {.kind = StoreCommand::Kind::depart, .key = "members", .value = "never there"}});
    EXPECT_THAT(announce("c").members, ElementsAre("c"));
}

TEST_P(KeyValueStoreContract, AHashHoldsTheLastValueOfEachField) {
    const auto found_in = [](const StoreReply& reply) {
        std::map<std::string, std::string> found;
        for (std::size_t i = 0; i + 1 < reply.texts.size(); i += 2) {
            found[reply.texts[i]] = reply.texts[i + 1];
        }
        return found;
    };
    const auto fields = [&](std::string_view key) {
        return found_in(run({{.kind = StoreCommand::Kind::fields, .key = key}}).at(0));
    };
    const std::array first{"a"sv, "1"sv, "\0\xff"sv, "\r\n\0"sv};
    const std::array second{"a"sv, "2"sv, ""sv, ""sv};
    const auto replies = run({{.kind = StoreCommand::Kind::fields, .key = "hash"},
                              {.kind = StoreCommand::Kind::put, .key = "hash", .members = first, .ttl = 60s},
                              {.kind = StoreCommand::Kind::put, .key = "hash", .members = second, .ttl = 1s},
                              {.kind = StoreCommand::Kind::put, .key = "hash", .ttl = 60s},
                              {.kind = StoreCommand::Kind::put, .key = "for ever", .members = second},
                              {.kind = StoreCommand::Kind::fields, .key = "hash"}});
    ASSERT_EQ(replies.size(), 6U);
    EXPECT_TRUE(replies[0].texts.empty());
    EXPECT_THAT(found_in(replies[5]), ElementsAre(Pair("", ""), Pair("\0\xff"s, "\r\n\0"s), Pair("a", "2")));
    under_test_->pass(1s, [&] { return fields("hash").empty(); });
    EXPECT_THAT(fields("hash"), IsEmpty());
    EXPECT_THAT(fields("for ever"), SizeIs(2));
}

TEST_P(KeyValueStoreContract, ABudgetGivesNoMoreThanItsLimitInAWindow) {
    if (GetParam().name == "File") {
        GTEST_SKIP() << "one process's";
    }
    const auto spending = [](std::string_view value) {
        return StoreCommand{.kind = StoreCommand::Kind::spend, .key = "budget", .value = value, .ttl = 900ms};
    };
    std::vector<Spending> spent; // together: no time passes between them
    for (const StoreReply& reply :
         run({spending("30 100"), spending("71 100"), spending("70 100"), spending("1 100"), spending("1 101")})) {
        spent.push_back(Spending::parse(reply.value.value_or("")).value_or(Spending{}));
    }
    ASSERT_EQ(spent.size(), 5U);
    EXPECT_TRUE(spent[0].granted);
    EXPECT_EQ(spent[0].used, 30U);
    EXPECT_FALSE(spent[1].granted);
    EXPECT_TRUE(spent[2].granted);
    EXPECT_FALSE(spent[3].granted);
    EXPECT_EQ(spent[3].used, 100U);
    EXPECT_GT(spent[3].wait, 0ms);
    EXPECT_LE(spent[3].wait, 909ms);
    EXPECT_TRUE(spent[4].granted) << "by a higher limit";
    const auto granted = [&](std::string_view value) {
        const auto reply = run({spending(value)});
        return Spending::parse(reply.at(0).value.value_or("")).value_or(Spending{}).granted;
    };
    under_test_->pass(1s, [&] { return granted("100 100"); });
    EXPECT_FALSE(granted("101 100"));
}

TEST_P(KeyValueStoreContract, ABudgetOfNothingSpentHasNothingToWaitFor) {
    if (GetParam().name == "File") {
        GTEST_SKIP() << "one process's";
    }
    const auto replies = run({{.kind = StoreCommand::Kind::spend, .key = "budget", .value = "5 4", .ttl = 60s}});
    const auto spending = Spending::parse(replies.at(0).value.value_or(""));
    ASSERT_TRUE(spending.has_value());
    EXPECT_FALSE(spending->granted);
    EXPECT_EQ(spending->wait, 0ms);
    EXPECT_EQ(Spending::parse("1 2"), std::nullopt);
    EXPECT_EQ(Spending::parse("1 two 3"), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    , KeyValueStoreContract,
    ::testing::Values(StoreFactory{.name = "Fake", .make = [] { return std::make_unique<FakeStoreUnderTest>(); }},
                      StoreFactory{.name = "File", .make = [] { return std::make_unique<FileUnderTest>(); }},
                      StoreFactory{.name = "Redis", .make = [] { return std::make_unique<RedisUnderTest>(); }}),
    [](const auto& instance) { return instance.param.name; });

} // namespace
} // namespace streaming::contract
