#include "core/streaming/infrastructure/redis_key_value_store.hpp"

#include <gmock/gmock.h>
#include <hiredis/hiredis.h>

#include <chrono>
#include <string>

#include "tests/support/redis_server.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::RedisServer;

using Kind = StoreCommand::Kind;

/// Asks the server past our own code.
long long ask_number(const RedisServer& server, const char* command) {
    const std::unique_ptr<redisContext, decltype(&redisFree)> context(redisConnectUnix(server.socket_path().c_str()),
                                                                      &redisFree);
    const std::unique_ptr<void, decltype(&freeReplyObject)> reply(redisCommand(context.get(), command),
                                                                  &freeReplyObject);
    return static_cast<redisReply*>(reply.get())->integer;
}

class RedisKeyValueStoreTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() { server_ = new RedisServer; }
    static void TearDownTestSuite() {
        delete server_;
        server_ = nullptr;
    }
    void SetUp() override {
        server().start();
        static_cast<void>(ask_number(server(), "FLUSHALL"));
    }
    static RedisServer& server() { return *server_; }

    RedisKeyValueStore store{RedisOptions{.url = server().url()}};
    std::vector<StoreReply> replies{};

private:
    static RedisServer* server_;
};
RedisServer* RedisKeyValueStoreTest::server_ = nullptr;

TEST_F(RedisKeyValueStoreTest, ManyMembersInOnePipeline) {
    std::vector<std::string> ids;
    for (int i = 0; i < 20'000; ++i) {
        ids.push_back("id-" + std::to_string(i));
    }
    const std::vector<std::string_view> members(ids.begin(), ids.end());
    const StoreCommand commands[] = {
        {.kind = Kind::add, .key = "s", .members = std::span(members).first(10'000), .ttl = 60s},
        {.kind = Kind::contains, .key = "s", .members = members}};
    ASSERT_TRUE(store.send(commands).ok());
    ASSERT_TRUE(store.receive(replies).ok());
    EXPECT_EQ(std::count(replies[1].found.begin(), replies[1].found.begin() + 10'000, 1), 10'000);
    EXPECT_EQ(std::count(replies[1].found.begin() + 10'000, replies[1].found.end(), 0), 10'000);
}

TEST_F(RedisKeyValueStoreTest, CommandsOfNoMembersAskNothing) {
    const StoreCommand commands[] = {{.kind = Kind::contains, .key = "s"},
                                     {.kind = Kind::set, .key = "k", .value = "v"},
                                     {.kind = Kind::add, .key = "s", .ttl = 60s},
                                     {.kind = Kind::get, .key = "k"}};
    ASSERT_TRUE(store.send(commands).ok());
    ASSERT_TRUE(store.receive(replies).ok());
    EXPECT_TRUE(replies[0].found.empty());
    EXPECT_EQ(replies[3].value, "v");
    ASSERT_TRUE(store.send({}).ok());
    ASSERT_TRUE(store.receive(replies).ok());
    EXPECT_TRUE(replies.empty());
}

TEST_F(RedisKeyValueStoreTest, AddSetsTheTimeToLive) {
    const std::string_view member[] = {"m"};
    const StoreCommand commands[] = {{.kind = Kind::add, .key = "s", .members = member, .ttl = 100s},
                                     {.kind = Kind::set, .key = "k", .value = "v", .ttl = 200s},
                                     {.kind = Kind::set, .key = "kept", .value = "v"}};
    ASSERT_TRUE(store.send(commands).ok());
    ASSERT_TRUE(store.receive(replies).ok());
    EXPECT_THAT(ask_number(server(), "TTL s"), AllOf(::testing::Gt(0), ::testing::Le(100)));
    EXPECT_THAT(ask_number(server(), "TTL k"), AllOf(::testing::Gt(100), ::testing::Le(200)));
    EXPECT_EQ(ask_number(server(), "TTL kept"), -1);
}

TEST_F(RedisKeyValueStoreTest, AWrongTypeIsAnErrorAndNoDuplicate) {
    static_cast<void>(ask_number(server(), "LPUSH s m"));
    const std::string_view member[] = {"m"};
    const StoreCommand commands[] = {{.kind = Kind::contains, .key = "s", .members = member},
                                     {.kind = Kind::exists, .key = "s"}};
    ASSERT_TRUE(store.send(commands).ok());
    const Status status = store.receive(replies);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
    EXPECT_FALSE(status.error().retryable);
    EXPECT_THAT(status.error().message, HasSubstr("WRONGTYPE"));
    // Nothing of the failed pipeline is left over.
    EXPECT_FALSE(store.receive(replies).ok());
    const StoreCommand next[] = {{.kind = Kind::get, .key = "absent"}};
    ASSERT_TRUE(store.send(next).ok());
    ASSERT_TRUE(store.receive(replies).ok());
    EXPECT_EQ(replies.at(0).value, std::nullopt);
}

TEST_F(RedisKeyValueStoreTest, AServerThatIsAwayIsUnavailable) {
    server().stop();
    const Status status = store.ping();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(status.error().retryable);
    server().start();
    EXPECT_TRUE(store.ping().ok());
}

TEST_F(RedisKeyValueStoreTest, ConnectsAgainAfterARestart) {
    const StoreCommand get[] = {{.kind = Kind::get, .key = "k"}};
    ASSERT_TRUE(store.ping().ok());
    server().restart();
    EXPECT_FALSE(store.send(get).ok() && store.receive(replies).ok()); // no signal ends the process either
    ASSERT_TRUE(store.send(get).ok());
    ASSERT_TRUE(store.receive(replies).ok());
}

TEST_F(RedisKeyValueStoreTest, AServerThatDoesNotAnswerTimesOut) {
    RedisKeyValueStore impatient(RedisOptions{.url = server().url(), .command_timeout = 500ms});
    ASSERT_TRUE(impatient.ping().ok());
    server().freeze();
    const StoreCommand get[] = {{.kind = Kind::get, .key = "k"}};
    ASSERT_TRUE(impatient.send(get).ok());
    const Status status = impatient.receive(replies);
    server().thaw();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::timed_out);
    EXPECT_TRUE(status.error().retryable);
    EXPECT_FALSE(impatient.receive(replies).ok()); // the late answer belongs to nobody
}

TEST_F(RedisKeyValueStoreTest, PingWithOutstandingAnswersIsRefused) {
    const StoreCommand get[] = {{.kind = Kind::get, .key = "k"}};
    ASSERT_TRUE(store.send(get).ok());
    EXPECT_FALSE(store.ping().ok());
    EXPECT_TRUE(store.receive(replies).ok());
    EXPECT_TRUE(store.ping().ok());
}

TEST_F(RedisKeyValueStoreTest, UsesTheDatabaseOfTheUrl) {
    RedisKeyValueStore other(RedisOptions{.url = server().url() + "?db=5"});
    const StoreCommand set[] = {{.kind = Kind::set, .key = "k", .value = "v"}};
    ASSERT_TRUE(other.send(set).ok());
    ASSERT_TRUE(other.receive(replies).ok());
    const StoreCommand exists[] = {{.kind = Kind::exists, .key = "k"}};
    ASSERT_TRUE(store.send(exists).ok());
    ASSERT_TRUE(store.receive(replies).ok());
    EXPECT_THAT(replies.at(0).found, ElementsAre(0));
}

TEST(RedisKeyValueStoreLogin, NeedsThePasswordAndNeverShowsIt) {
    const RedisServer server({"--requirepass", "right-secret"});
    const auto with = [&](const std::string& login) {
        return RedisOptions{.url = "unix://" + login + server.socket_path()};
    };
    EXPECT_TRUE(RedisKeyValueStore(with(":right-secret@")).ping().ok());
    EXPECT_TRUE(RedisKeyValueStore(with("default:right-secret@")).ping().ok());
    for (const std::string login : {"", ":wrong-secret@", "nobody:wrong-secret@"}) {
        const Status status = RedisKeyValueStore(with(login)).ping();
        ASSERT_FALSE(status.ok()) << login;
        EXPECT_EQ(status.error().code, ErrorCode::not_authorized) << status.error().message;
        EXPECT_FALSE(status.error().retryable);
        EXPECT_THAT(status.error().message, Not(HasSubstr("secret")));
    }
}

TEST(RedisKeyValueStoreUrl, ABadOneIsTheErrorOfTheFirstCall) {
    RedisKeyValueStore store(RedisOptions{.url = "http://x"});
    const Status status = store.ping();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
}

} // namespace
} // namespace streaming
