#include "core/streaming/infrastructure/file_lock.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>

#include "core/streaming/infrastructure/durable_file.hpp"
#include "core/streaming/infrastructure/file_key_value_store.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "tests/support/config_files.hpp"

namespace {

using namespace streaming;
using detail::FileLock;
using testing::HasSubstr;

class FileLockTest : public testing::Test {
protected:
    /// What another process does: its descriptor is none of ours.
    [[nodiscard]] static detail::FileDescriptor locked_by_another(const std::string& file) {
        detail::FileDescriptor other = detail::open_file(file, O_RDWR | O_CREAT);
        return ::flock(other.get(), LOCK_EX | LOCK_NB) == 0 ? std::move(other) : detail::FileDescriptor();
    }

    tests::ConfigFiles files_{};
    const std::string file_ = files_.path("a.lock");
};

TEST_F(FileLockTest, KeepsAnotherProcessOffUntilItsLastOwnerIsGone) {
    auto one = FileLock::take(file_);
    ASSERT_TRUE(one.ok());
    ASSERT_NE(one.value(), nullptr);
    {
        const auto again = FileLock::take(files_.path("./a.lock")); // a successor in this process
        ASSERT_TRUE(again.ok());
        EXPECT_NE(again.value(), nullptr);
        one.value().reset();
        EXPECT_FALSE(locked_by_another(file_));
    }
    EXPECT_TRUE(locked_by_another(file_));
}

TEST_F(FileLockTest, IsNotTakenFromAnotherProcess) {
    {
        const auto other = locked_by_another(file_);
        ASSERT_TRUE(other);
        const auto mine = FileLock::take(file_);
        ASSERT_TRUE(mine.ok());
        EXPECT_EQ(mine.value(), nullptr);
    }
    const auto mine = FileLock::take(file_);
    ASSERT_TRUE(mine.ok());
    EXPECT_NE(mine.value(), nullptr);
}

TEST_F(FileLockTest, SaysWhenItCannotBeTold) {
    EXPECT_THAT(FileLock::take(files_.path("nowhere/a.lock")).error().message, HasSubstr("nowhere/a.lock: cannot be"));
}

class LockedStore : public FileLockTest {
protected:
    fakes::FakeClock clock_{};
    FileKeyValueStore store_{files_.path("state"), "stations", clock_};
    const std::string lock_ = files_.path("state/stations.lock");
};

TEST_F(LockedStore, IsOfOneProcessAndTheOtherIsToldWhatToDo) {
    std::filesystem::create_directory(files_.path("state"));
    {
        const auto other = locked_by_another(lock_);
        ASSERT_TRUE(other);
        const Status refused = store_.ping();
        ASSERT_FALSE(refused.ok());
        EXPECT_TRUE(refused.error().retryable);
        EXPECT_THAT(refused.error().message,
                    AllOf(HasSubstr(files_.path("state") + ": another process uses this directory"),
                          HasSubstr("state_directory of its own"), HasSubstr("Redis")));
        EXPECT_FALSE(std::filesystem::exists(files_.path("state/stations.state")));
    }
    EXPECT_TRUE(store_.ping().ok()) << "the other one is gone";
    EXPECT_FALSE(locked_by_another(lock_));
    store_.close();
    EXPECT_FALSE(locked_by_another(lock_)) << "it is read again, by this process";
}

TEST_F(LockedStore, ASuccessorInTheProcessIsNotLockedOut) {
    EXPECT_TRUE(store_.ping().ok());
    FileKeyValueStore successor(files_.path("state"), "stations", clock_);
    EXPECT_TRUE(successor.ping().ok());
}

TEST_F(LockedStore, WorksWhereNothingCanBeLocked) {
    std::filesystem::create_directories(lock_); // stands for a filesystem without locks
    EXPECT_TRUE(store_.ping().ok());
}

} // namespace
