#include "core/streaming/ingestion/file_connector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "core/streaming/testing/fake_http_client.hpp"

namespace {

using namespace streaming;
using testing::HasSubstr;

class FileConnectorTest : public testing::Test {
protected:
    FileConnectorTest() { std::filesystem::create_directory(folder_); }
    ~FileConnectorTest() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
    Result<Response> fetch() { return connector_.fetch({.http = http_, .stop = {}}); }
    /// All of it is settled, or all given up.
    std::string body(bool delivered = true) {
        auto answer = fetch();
        EXPECT_TRUE(answer.ok());
        if (answer && answer.value().receipt) {
            answer.value().receipt->complete(delivered);
        }
        return answer ? answer.value().body : "";
    }

    const std::filesystem::path folder_ =
        std::filesystem::path(testing::TempDir()) / ("file_connector_" + std::to_string(::getpid()) + "_" +
                                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    const std::filesystem::path path_ = folder_ / "records.json";
    fakes::FakeWeb web_{};
    fakes::FakeHttpClient http_{web_};
    FileConnector connector_{{.path = path_, .max_bytes = 10}};
};

TEST_F(FileConnectorTest, GivesTheFileOnceUntilItChanges) {
    write("[1]");
    EXPECT_EQ(body(), "[1]");
    EXPECT_EQ(body(), "");
    write("[1,2]");
    EXPECT_EQ(body(), "[1,2]");
    EXPECT_EQ(body(), "");
}

TEST_F(FileConnectorTest, SeesAChangeOfTheSameLength) {
    write("[1]");
    EXPECT_EQ(body(), "[1]");
    write("[2]");
    std::filesystem::last_write_time(path_, std::filesystem::last_write_time(path_) + std::chrono::seconds(1));
    EXPECT_EQ(body(), "[2]");
}

TEST_F(FileConnectorTest, ReadsAgainWhatWasGivenUp) {
    write("[1]");
    EXPECT_EQ(body(false), "[1]");
    EXPECT_EQ(body(false), "[1]");
    EXPECT_EQ(body(), "[1]");
    EXPECT_EQ(body(), "");
}

TEST_F(FileConnectorTest, ReadsAgainAnAnswerThatNobodyTook) {
    write("[1]");
    EXPECT_TRUE(fetch().ok());
    EXPECT_EQ(body(), "[1]");
    EXPECT_EQ(body(), "");
}

TEST_F(FileConnectorTest, SaysWhyThereIsNothingAndGoesOnWhenThereIs) {
    const auto missing = fetch();
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_EQ(missing.error().message, path_.string() + ": there is no such file");
    EXPECT_TRUE(missing.error().retryable);

    write("[1,2,3,4,5]");
    const auto large = fetch();
    ASSERT_FALSE(large.ok());
    EXPECT_EQ(large.error().code, ErrorCode::too_large);
    EXPECT_THAT(large.error().message, HasSubstr("11 bytes are more than 10"));

    write("[1]");
    EXPECT_EQ(body(), "[1]");
}

TEST_F(FileConnectorTest, ReadsNoFolder) {
    FileConnector folder({.path = folder_});
    const auto answer = folder.fetch({.http = http_, .stop = {}});
    ASSERT_FALSE(answer.ok());
    EXPECT_THAT(answer.error().message, HasSubstr("is no regular file"));
}

} // namespace
