#include <gtest/gtest.h>

#include "core/streaming/reliability/handler.hpp"

namespace streaming {
namespace {

TEST(HandlerTable, FindsTheHandlerOfAType) {
    HandlerTable table;
    ASSERT_TRUE(table.add({.type = "order.placed", .name = "placed"}));
    ASSERT_TRUE(table.add({.type = "order.filled", .name = "filled"}));
    EXPECT_EQ(table.find("order.filled")->name, "filled");
    EXPECT_EQ(table.find("order.cancelled"), nullptr);
}

TEST(HandlerTable, RefusesASecondHandlerOfOneType) {
    HandlerTable table;
    ASSERT_TRUE(table.add({.type = "order.placed", .name = "first"}));
    EXPECT_FALSE(table.add({.type = "order.placed", .name = "second"}));
    EXPECT_EQ(table.find("order.placed")->name, "first");
    EXPECT_EQ(table.entries().size(), 1U);
}

TEST(HandlerTable, KnowsTheHandlerOfEveryOtherType) {
    HandlerTable table;
    EXPECT_EQ(table.catch_all(), nullptr);
    ASSERT_TRUE(table.add({.name = "rest"}));
    EXPECT_EQ(table.catch_all()->name, "rest");
    EXPECT_FALSE(table.add({.name = "rest again"}));
}

} // namespace
} // namespace streaming
