#include "core/streaming/infrastructure/file_cursor_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace streaming {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct FileCursorStoreTest : testing::Test {
    FileCursorStoreTest() {
        std::string name = (std::filesystem::temp_directory_path() / "tributary-cursors-XXXXXX").string();
        directory = ::mkdtemp(name.data());
    }
    ~FileCursorStoreTest() override {
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(directory)) {
            names.push_back(entry.path().filename().string());
        }
        return names;
    }
    std::filesystem::path directory{};
};

TEST_F(FileCursorStoreTest, KeepsOneFileForEachNameAndNothingElse) {
    FileCursorStore store(directory);
    ASSERT_TRUE(store.save("noaa/../ca.1", "1").ok());
    ASSERT_TRUE(store.save("noaa/../ca.1", "2").ok());
    EXPECT_THAT(files(), ElementsAre("noaa%2F%2E%2E%2Fca%2E1.cursor"));
}

TEST_F(FileCursorStoreTest, AWriteThatWasCutOffChangesNothing) {
    FileCursorStore store(directory);
    ASSERT_TRUE(store.save("s", "whole").ok());
    std::ofstream(directory / "s.cursor.new") << "ha"; // what a crash leaves before the rename
    EXPECT_EQ(FileCursorStore(directory).load("s").value(), "whole");
    ASSERT_TRUE(store.save("s", "next").ok());
    EXPECT_EQ(store.load("s").value(), "next");
    EXPECT_THAT(files(), ElementsAre("s.cursor"));
}

TEST_F(FileCursorStoreTest, ADirectoryThatCannotBeIsAnErrorThatNamesIt) {
    std::ofstream(directory / "file") << "";
    FileCursorStore store(directory / "file" / "state");
    const Status saved = store.save("s", "1");
    ASSERT_FALSE(saved.ok());
    EXPECT_THAT(saved.error().message, HasSubstr((directory / "file" / "state").string() + ": cannot be made: "));
    EXPECT_TRUE(saved.error().retryable);
    EXPECT_FALSE(store.load("s").ok());
}

TEST_F(FileCursorStoreTest, AFileThatCannotBeWrittenKeepsTheOldValue) {
    FileCursorStore store(directory);
    ASSERT_TRUE(store.save("s", "old").ok());
    std::filesystem::create_directory(directory / "s.cursor.new");
    const Status saved = store.save("s", "new");
    ASSERT_FALSE(saved.ok());
    EXPECT_THAT(saved.error().message, HasSubstr("s.cursor.new: cannot be opened: "));
    EXPECT_EQ(store.load("s").value(), "old");
}

TEST_F(FileCursorStoreTest, RefusesNamesThatAreNoFileName) {
    FileCursorStore store(directory);
    for (const auto& name : {std::string(), std::string(201, 'a'), std::string(67, '/')}) {
        EXPECT_EQ(store.save(name, "1").error().code, ErrorCode::invalid_argument);
        EXPECT_EQ(store.load(name).error().code, ErrorCode::invalid_argument);
    }
    EXPECT_TRUE(store.save(std::string(200, 'a'), "1").ok());
}

} // namespace
} // namespace streaming
