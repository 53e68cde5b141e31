#include "core/streaming/ingestion/contested_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streaming {
namespace {

using testing::HasSubstr;
using testing::Optional;

TEST(ContestedRows, TheFirstOfAnIdCounts) {
    std::vector<SourceRow> rows{{.id = "a", .payload = "1"}, {.id = "b", .payload = "1"}, {.id = "a", .payload = "2"},
                                {.id = "a", .payload = "1"}, {.id = "a", .payload = "2"}, {.id = "a", .payload = "3"}};
    reject_contested(rows, "source");
    for (const std::size_t stays : {0U, 1U, 3U}) {
        EXPECT_EQ(rows[stays].rejected, std::nullopt) << stays;
    }
    for (const std::size_t goes : {2U, 4U, 5U}) {
        EXPECT_THAT(rows[goes].rejected, Optional(HasSubstr("row 1 of the answer (a)"))) << goes;
    }
    EXPECT_EQ(rows[2].id, rejected_id("source", "2"));
    EXPECT_EQ(rows[2].id, rows[4].id) << "they are one dead letter";
    EXPECT_NE(rows[2].id, rows[5].id);
}

TEST(ContestedRows, WhatIsRejectedContestsNothing) {
    std::vector<SourceRow> rows{{.id = "a", .payload = "1", .rejected = "bad"},
                                {.id = "a", .payload = "1", .rejected = "worse"}};
    reject_contested(rows, "source");
    EXPECT_EQ(rows[1].rejected, "worse");
    EXPECT_EQ(rows[1].id, "a");
}

TEST(ContestedRows, AnotherTimeAloneIsTheSameThingSaidAgain) {
    const auto row = [](const std::string& data) {
        return SourceRow{.id = "a", .payload = R"({"id":"a","data":)" + data + "}"};
    };
    std::vector<SourceRow> rows{row(R"({"at":1,"p":1,"in":{"t":1}})"), row(R"({"at":2,"p":1,"in":{"t":5}})"),
                                row(R"({"at":2,"p":2,"in":{"t":1}})"), row(R"({"at":1,"p":1,"in":7})")};
    reject_contested(rows, "source", {"at", "/in/t"});
    EXPECT_EQ(rows[1].rejected, std::nullopt);
    EXPECT_TRUE(rows[2].rejected);
    EXPECT_TRUE(rows[3].rejected);
}

TEST(ContestedRows, EqualFingerprintsAreFound) {
    EXPECT_FALSE(has_equal({}));
    EXPECT_FALSE(has_equal({0}));
    EXPECT_TRUE(has_equal({0, 5, 0}));
    EXPECT_FALSE(has_equal({1, 17, 33, 65, 129, 2}));
    EXPECT_TRUE(has_equal({1, 17, 33, 65, 129, 17}));
}

} // namespace
} // namespace streaming
