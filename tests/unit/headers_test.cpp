#include "core/streaming/infrastructure/headers.hpp"

#include <gmock/gmock.h>

namespace streaming {
namespace {

using ::testing::ElementsAre;

TEST(Headers, FindsTheLastOfANameAsKafkaClientsDo) {
    Headers headers;
    headers.append("k", "first");
    headers.append("k", "second");
    EXPECT_EQ(headers.find("k"), "second");
    EXPECT_EQ(headers.find("K"), std::nullopt);
}

TEST(Headers, KeepsANullValueApartFromAnEmptyOne) {
    Headers headers;
    headers.append("null", std::nullopt);
    headers.append("empty", "");
    EXPECT_EQ(headers.find("null"), std::nullopt);
    EXPECT_EQ(headers.find("empty"), "");
}

TEST(Headers, SetReplacesEveryOneOfThatNameByOneInTheFirstPlace) {
    Headers headers;
    headers.append("a", "1");
    headers.append("b", "2");
    headers.append("a", "3");
    headers.set("a", "4");
    headers.set("c", "5");
    EXPECT_THAT(headers, ElementsAre(Headers::Entry{"a", "4"}, Headers::Entry{"b", "2"}, Headers::Entry{"c", "5"}));
}

TEST(Headers, RemovesEveryOneOfThatName) {
    Headers headers;
    headers.append("a", "1");
    headers.append("b", "2");
    headers.append("a", "3");
    headers.remove("a");
    EXPECT_THAT(headers, ElementsAre(Headers::Entry{"b", "2"}));
}

} // namespace
} // namespace streaming
