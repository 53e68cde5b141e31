#include "core/streaming/infrastructure/redis_reply.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace streaming {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = RedisReply::Kind;

class RedisReplyTest : public ::testing::Test {
protected:
    RedisReplyTest() { read_into(*reader_, reply_); }

    /// Feeds the bytes one by one, so that every place is tried as the end of what arrived so far.
    void read(const std::string& bytes) {
        reply_.clear();
        void* done = nullptr;
        for (const char byte : bytes) {
            ASSERT_EQ(done, nullptr) << "ended early";
            ASSERT_EQ(redisReaderFeed(reader_.get(), &byte, 1), REDIS_OK);
            ASSERT_EQ(redisReaderGetReply(reader_.get(), &done), REDIS_OK) << reader_->errstr;
        }
        ASSERT_NE(done, nullptr);
    }

    struct Free {
        void operator()(redisReader* reader) const { redisReaderFree(reader); }
    };
    std::unique_ptr<redisReader, Free> reader_{redisReaderCreate()};
    RedisReply reply_{};
};

TEST_F(RedisReplyTest, AnArrayOfIntegersIsFlat) {
    read("*3\r\n:0\r\n:1\r\n:0\r\n");
    EXPECT_EQ(reply_.kind, Kind::integers);
    EXPECT_THAT(reply_.integers, ElementsAre(0, 1, 0));
    read("*0\r\n");
    EXPECT_EQ(reply_.kind, Kind::integers);
    EXPECT_THAT(reply_.integers, IsEmpty());
}

TEST_F(RedisReplyTest, ASingleValueHasItsKind) {
    read("+OK\r\n");
    EXPECT_EQ(reply_.kind, Kind::status);
    read("-ERR no\r\n");
    EXPECT_EQ(reply_.kind, Kind::error);
    EXPECT_EQ(reply_.text, "ERR no");
    read(std::string("$3\r\na\0b\r\n", 9));
    EXPECT_EQ(reply_.kind, Kind::text);
    EXPECT_EQ(reply_.text, std::string("a\0b", 3));
    read(":42\r\n");
    EXPECT_EQ(reply_.kind, Kind::integer);
    EXPECT_EQ(reply_.integer, 42);
    read("$-1\r\n");
    EXPECT_EQ(reply_.kind, Kind::nil);
}

TEST_F(RedisReplyTest, AnArrayOfAnythingElseIsNoAnswerToAQuestion) {
    for (const char* other :
         {"*2\r\n:1\r\n$1\r\na\r\n", "*1\r\n*1\r\n:1\r\n", "*2\r\n:1\r\n$-1\r\n", "*1\r\n+OK\r\n"}) {
        read(other);
        EXPECT_EQ(reply_.kind, Kind::other) << other;
    }
}

} // namespace
} // namespace streaming
