#include "core/streaming/infrastructure/file_key_value_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cstring>
#include <fstream>

#include "core/streaming/testing/fake_clock.hpp"

namespace {

thread_local std::vector<std::filesystem::path>* flushed_here = nullptr;

} // namespace

/// In place of the C library's: nothing else tells what was flushed.
extern "C" int fsync(int file) {
    if (flushed_here != nullptr) {
        flushed_here->push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file)));
    }
    return 0; // no disk has to keep what these tests write
}

namespace streaming {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

class FileKeyValueStoreTest : public testing::Test {
protected:
    FileKeyValueStoreTest() { std::filesystem::remove_all(directory_); }
    ~FileKeyValueStoreTest() override { std::filesystem::remove_all(directory_); }

    void restart() { store_ = std::make_unique<FileKeyValueStore>(directory_, "a/b", clock_); }
    bool set(const std::string& key, const std::string& value, std::chrono::milliseconds ttl = {}) {
        const StoreCommand command{.kind = StoreCommand::Kind::set, .key = key, .value = value, .ttl = ttl};
        return store_->send({&command, 1}).ok() && store_->receive(replies_).ok();
    }
    std::optional<std::string> get(const std::string& key) {
        const StoreCommand command{.kind = StoreCommand::Kind::get, .key = key};
        return store_->send({&command, 1}).ok() && store_->receive(replies_).ok() ? replies_.at(0).value : std::nullopt;
    }

    bool add(const std::string& key, std::string_view member, std::chrono::milliseconds ttl) {
        const StoreCommand command{.kind = StoreCommand::Kind::add, .key = key, .members = {&member, 1}, .ttl = ttl};
        return store_->send({&command, 1}).ok() && store_->receive(replies_).ok();
    }
    bool contains(const std::string& key, std::string_view member) {
        const StoreCommand command{.kind = StoreCommand::Kind::contains, .key = key, .members = {&member, 1}};
        return store_->send({&command, 1}).ok() && store_->receive(replies_).ok() && replies_.at(0).found.at(0) == 1;
    }

    fakes::FakeClock clock_{};
    std::filesystem::path directory_ =
        std::filesystem::path(testing::TempDir()) / ("file_state." + std::to_string(::getpid()));
    std::filesystem::path file_ = directory_ / "a%2Fb.state";
    std::unique_ptr<FileKeyValueStore> store_ = std::make_unique<FileKeyValueStore>(directory_, "a/b", clock_);
    std::vector<StoreReply> replies_{};
};

TEST_F(FileKeyValueStoreTest, HoldsWhatItHeldBeforeARestart) {
    EXPECT_TRUE(set("k", "1"));
    EXPECT_TRUE(set("k", "2"));
    EXPECT_TRUE(set("short", "3", std::chrono::hours(1)));
    restart();
    EXPECT_THAT(get("k"), Optional(std::string("2")));
    EXPECT_THAT(get("short"), Optional(std::string("3")));
    clock_.advance(std::chrono::hours(1));
    restart();
    EXPECT_EQ(get("short"), std::nullopt);
}

TEST_F(FileKeyValueStoreTest, ARecordThatIsNotWholeNeverWas) {
    EXPECT_TRUE(set("k", "1"));
    const auto whole = std::filesystem::file_size(file_);
    EXPECT_TRUE(set("k", "2"));
    const auto all = std::filesystem::file_size(file_);
    for (auto size = all - 1; size >= whole; --size) {
        std::filesystem::resize_file(file_, size);
        restart();
        EXPECT_THAT(get("k"), Optional(std::string("1"))) << size;
        EXPECT_TRUE(set("k", "2"));
        restart();
        EXPECT_THAT(get("k"), Optional(std::string("2"))) << "what came after it is found";
        std::filesystem::remove(file_);
        restart();
        EXPECT_TRUE(set("k", "1"));
        EXPECT_TRUE(set("k", "2"));
    }
}

TEST_F(FileKeyValueStoreTest, TheFileStaysSmallHoweverOftenItIsWritten) {
    const std::string value(50'000, 'x');
    std::size_t most = 0;
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(set("k" + std::to_string(i % 10), value + std::to_string(i)));
        most = std::max<std::size_t>(most, std::filesystem::file_size(file_));
    }
    EXPECT_LT(most, 3'700'000U) << "of 5 MB written";
    restart();
    EXPECT_THAT(get("k9"), Optional(value + "99"));
    EXPECT_THAT(get("k0"), Optional(value + "90"));
}

TEST_F(FileKeyValueStoreTest, TheFileStaysSmallHoweverOftenItIsReadAgain) {
    const std::string value(50'000, 'x');
    for (int restarts = 0; restarts < 10; ++restarts) {
        restart();
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(set("k" + std::to_string(i % 2), value + std::to_string(i)));
        }
        ASSERT_LT(std::filesystem::file_size(file_), 1'600'000U) << "two keys, after restart " << restarts;
    }
    restart();
    EXPECT_THAT(get("k1"), Optional(value + "19"));
}

TEST_F(FileKeyValueStoreTest, WhatExpiredIsNotKeptThroughARestart) {
    EXPECT_TRUE(set("kept", "1"));
    EXPECT_TRUE(set("short", std::string(2'000'000, 'x'), std::chrono::hours(1)));
    clock_.advance(std::chrono::hours(1));
    restart();
    EXPECT_THAT(get("kept"), Optional(std::string("1")));
    EXPECT_LT(std::filesystem::file_size(file_), 100U);
}

TEST_F(FileKeyValueStoreTest, WhatWasRenewedInTimeOutlivesItsFirstTimeThroughARestart) {
    EXPECT_TRUE(add("set", "early", std::chrono::hours(1)));
    clock_.advance(std::chrono::minutes(50));
    EXPECT_TRUE(add("set", "late", std::chrono::hours(1)));
    clock_.advance(std::chrono::minutes(30)); // the first hour is over
    restart();
    EXPECT_TRUE(contains("set", "early")) << "the set was renewed before its time was over";
    EXPECT_TRUE(contains("set", "late"));
    clock_.advance(std::chrono::minutes(30));
    restart();
    EXPECT_FALSE(contains("set", "late"));
}

TEST_F(FileKeyValueStoreTest, WhatHadExpiredWhenItsKeyWasWrittenAgainIsNotThereAfterARestart) {
    EXPECT_TRUE(add("set", "early", std::chrono::hours(1)));
    clock_.advance(std::chrono::hours(1));
    EXPECT_TRUE(add("set", "late", std::chrono::hours(1)));
    EXPECT_FALSE(contains("set", "early"));
    restart();
    EXPECT_FALSE(contains("set", "early"));
    EXPECT_TRUE(contains("set", "late"));
}

TEST_F(FileKeyValueStoreTest, AFileOfAnEarlierVersionIsRead) {
    // One record as it was before records had a stamp: key "k" holds "1", and never expires.
    std::string operation(1, '\0');
    operation += std::string(8, '\0') + std::string("\1\0\0\0k", 5) + std::string("\1\0\0\0", 4) +
                 std::string(4, '\0') +
                 std::string(
                     "\1\0\0\0"
                     "1",
                     5);
    std::string head(12, '\0');
    head[0] = static_cast<char>(operation.size());
    const std::uint64_t sum = XXH3_64bits(operation.data(), operation.size());
    std::memcpy(head.data() + 4, &sum, sizeof sum);
    std::filesystem::create_directories(directory_);
    std::ofstream(file_, std::ios::binary) << head << operation;
    EXPECT_THAT(get("k"), Optional(std::string("1")));
}

TEST_F(FileKeyValueStoreTest, AFileThatIsNewIsFlushedWithItsDirectory) {
    std::vector<std::filesystem::path> flushed;
    flushed_here = &flushed;
    EXPECT_TRUE(set("k", "1"));
    restart();
    EXPECT_TRUE(set("k", "2"));
    flushed_here = nullptr;
    EXPECT_THAT(flushed, ElementsAre(directory_, file_, file_));
}

TEST_F(FileKeyValueStoreTest, WhatCannotBeWrittenIsAnErrorThatNamesTheFile) {
    std::ofstream(directory_.string()) << "no directory";
    const StoreCommand command{.kind = StoreCommand::Kind::get, .key = "k"};
    const Status sent = store_->send({&command, 1});
    ASSERT_FALSE(sent.ok());
    EXPECT_TRUE(sent.error().retryable);
    EXPECT_THAT(sent.error().message, HasSubstr(directory_.string()));
}

TEST_F(FileKeyValueStoreTest, SharesNothing) {
    const StoreCommand command{
        .kind = StoreCommand::Kind::acquire, .key = "k", .value = "v", .ttl = std::chrono::seconds(1)};
    ASSERT_TRUE(store_->send({&command, 1}).ok());
    EXPECT_THAT(store_->receive(replies_).error().message, HasSubstr("not shared"));
}

} // namespace
} // namespace streaming
