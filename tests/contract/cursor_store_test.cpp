#include "core/streaming/infrastructure/cursor_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/file_cursor_store.hpp"
#include "core/streaming/infrastructure/key_value_cursor_store.hpp"
#include "core/streaming/infrastructure/memory_cursor_store.hpp"
#include "core/streaming/infrastructure/redis_key_value_store.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_key_value_store.hpp"
#include "tests/support/redis_server.hpp"

namespace streaming::contract {
namespace {

using namespace std::string_view_literals;
/// One place to keep cursors, as the suite sees it.
class CursorsUnderTest {
public:
    virtual ~CursorsUnderTest() = default;
    /// As a process that starts would.
    virtual std::unique_ptr<CursorStore> open() = 0;
    virtual bool survives_restart() const { return true; }
};

class MemoryUnderTest final : public CursorsUnderTest {
public:
    std::unique_ptr<CursorStore> open() override { return std::make_unique<MemoryCursorStore>(); }
    bool survives_restart() const override { return false; }
};

class FilesUnderTest final : public CursorsUnderTest {
public:
    FilesUnderTest() {
        std::string name = (std::filesystem::temp_directory_path() / "tributary-cursors-XXXXXX").string();
        directory_ = ::mkdtemp(name.data());
    }
    ~FilesUnderTest() override {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    FilesUnderTest(const FilesUnderTest&) = delete;
    FilesUnderTest& operator=(const FilesUnderTest&) = delete;
    std::unique_ptr<CursorStore> open() override {
        return std::make_unique<FileCursorStore>(directory_ / "made" / "by it");
    }

private:
    std::filesystem::path directory_{};
};

class RedisCursorsUnderTest final : public CursorsUnderTest {
public:
    std::unique_ptr<CursorStore> open() override {
        stores_.push_back(std::make_unique<RedisKeyValueStore>(RedisOptions{.url = server_.url()}));
        return std::make_unique<KeyValueCursorStore>(*stores_.back(), "service");
    }

private:
    testing_support::RedisServer server_{};
    std::vector<std::unique_ptr<KeyValueStore>> stores_{};
};

class FakeStoreCursorsUnderTest final : public CursorsUnderTest {
public:
    std::unique_ptr<CursorStore> open() override {
        stores_.push_back(std::make_unique<fakes::FakeKeyValueStore>(store_));
        return std::make_unique<KeyValueCursorStore>(*stores_.back(), "service");
    }

private:
    fakes::FakeClock clock_{};
    fakes::FakeStore store_{clock_};
    std::vector<std::unique_ptr<KeyValueStore>> stores_{};
};

struct CursorsFactory {
    std::string name{};
    std::function<std::unique_ptr<CursorsUnderTest>()> make{};
    friend std::ostream& operator<<(std::ostream& out, const CursorsFactory& factory) { return out << factory.name; }
};

class CursorStoreContract : public ::testing::TestWithParam<CursorsFactory> {
protected:
    void save(std::string_view name, std::string_view value) {
        const Status saved = cursors_->save(name, value);
        EXPECT_TRUE(saved.ok()) << (saved.ok() ? "" : saved.error().message);
    }
    std::optional<std::string> load(std::string_view name) {
        auto value = cursors_->load(name);
        EXPECT_TRUE(value.ok()) << (value.ok() ? "" : value.error().message);
        return value.ok() ? std::move(value).value() : std::nullopt;
    }

    std::unique_ptr<CursorsUnderTest> under_test_ = GetParam().make();
    std::unique_ptr<CursorStore> cursors_ = under_test_->open();
};

TEST_P(CursorStoreContract, WhatWasNeverSavedIsNotThere) { EXPECT_EQ(load("s"), std::nullopt); }

TEST_P(CursorStoreContract, LoadsTheLastValueSaved) {
    save("s", "a long first value");
    save("s", "second");
    save("t", "other");
    EXPECT_EQ(load("s"), "second");
    EXPECT_EQ(load("t"), "other");
}

TEST_P(CursorStoreContract, AnEmptyValueIsAValue) {
    save("s", "");
    EXPECT_EQ(load("s"), "");
}

TEST_P(CursorStoreContract, NamesAndValuesAreBytes) {
    const auto value = "\0\r\n\xff"sv;
    for (const auto name :
         {"a/b"sv, "../a"sv, ".."sv, "a.b"sv, "a%2Fb"sv, "A/B"sv, "a b"sv, "a\0b"sv, "\xff\xc3\xa4"sv}) {
        EXPECT_EQ(load(name), std::nullopt) << name << " is another's";
        save(name, std::string(value) + std::string(name));
    }
    EXPECT_EQ(load("a/b"), std::string(value) + "a/b");
    EXPECT_EQ(load(".."), std::string(value) + "..");
}

TEST_P(CursorStoreContract, LargeValuesAreWhole) {
    const std::string large(300'000, 'x');
    save("s", large);
    EXPECT_EQ(load("s"), large);
}

TEST_P(CursorStoreContract, ANewStoreFindsWhatWasSavedUnlessItWasInMemory) {
    save("s", "1");
    cursors_ = under_test_->open();
    EXPECT_EQ(load("s"), under_test_->survives_restart() ? std::optional<std::string>("1") : std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    , CursorStoreContract,
    ::testing::Values(
        CursorsFactory{.name = "Memory", .make = [] { return std::make_unique<MemoryUnderTest>(); }},
        CursorsFactory{.name = "Files", .make = [] { return std::make_unique<FilesUnderTest>(); }},
        CursorsFactory{.name = "FakeStore", .make = [] { return std::make_unique<FakeStoreCursorsUnderTest>(); }},
        CursorsFactory{.name = "Redis", .make = [] { return std::make_unique<RedisCursorsUnderTest>(); }}),
    [](const auto& instance) { return instance.param.name; });

} // namespace
} // namespace streaming::contract
