#include "core/streaming/infrastructure/redis_url.hpp"

#include <gmock/gmock.h>

namespace streaming {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RedisUrl, ReadsHostPortLoginAndDatabase) {
    const auto read = parse_redis_url("redis://app:p%40ss%3A@cache.example:6380/3");
    ASSERT_TRUE(read.ok());
    const RedisAddress& address = read.value();
    EXPECT_EQ(address.host, "cache.example");
    EXPECT_EQ(address.port, 6380);
    EXPECT_EQ(address.user, "app");
    EXPECT_EQ(address.password, "p@ss:");
    EXPECT_EQ(address.database, 3U);
    EXPECT_EQ(address.display_name(), "cache.example:6380");
}

TEST(RedisUrl, HasDefaults) {
    const auto read = parse_redis_url("redis://localhost/");
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read.value().port, 6379);
    EXPECT_EQ(read.value().database, 0U);
    EXPECT_TRUE(read.value().user.empty() && read.value().password.empty());
}

TEST(RedisUrl, TakesAPasswordWithoutAUserAndAnAddressOfIPv6) {
    const auto read = parse_redis_url("redis://:a@b@[::1]:7000");
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read.value().password, "a@b");
    EXPECT_EQ(read.value().host, "::1");
    EXPECT_EQ(read.value().port, 7000);
}

TEST(RedisUrl, ReadsAUnixSocket) {
    const auto read = parse_redis_url("unix://:secret@/run/a@b/redis.sock?db=2");
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read.value().unix_path, "/run/a@b/redis.sock");
    EXPECT_EQ(read.value().password, "secret");
    EXPECT_EQ(read.value().database, 2U);
    EXPECT_EQ(read.value().display_name(), "/run/a@b/redis.sock");
}

TEST(RedisUrl, RefusesEverythingElseWithoutRepeatingIt) {
    for (const std::string_view url :
         {"", "localhost:6379", "http://secret@h", "rediss://:secret@h", "redis://", "redis://:secret@",
          "redis://:secret@h:0", "redis://:secret@h:70000", "redis://:secret@h:x", "redis://:secret@h/x",
          "redis://:secret@h/-1", "redis://:secret%zz@h", "redis://[::1", "redis://[::1]x", "unix://secret",
          "unix:///path?db=secret"}) {
        const auto read = parse_redis_url(url);
        ASSERT_FALSE(read.ok()) << url;
        EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
        EXPECT_THAT(read.error().message, Not(HasSubstr("secret")));
    }
}

} // namespace
} // namespace streaming
