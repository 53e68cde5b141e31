#include "core/streaming/infrastructure/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace {

using namespace streaming;

TEST(Result, HoldsAValueOrAnError) {
    const Result<int> good(7);
    ASSERT_TRUE(good);
    EXPECT_EQ(good.value(), 7);
    const Result<int> bad(Error{.code = ErrorCode::not_found, .message = "no such thing"});
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, ErrorCode::not_found);
    EXPECT_EQ(bad.error().message, "no such thing");
    EXPECT_FALSE(bad.error().retryable);
}

TEST(Result, GivesItsValueAway) {
    Result<std::unique_ptr<int>> made(std::make_unique<int>(7));
    made.value() = std::make_unique<int>(8);
    const std::unique_ptr<int> taken = std::move(made).value();
    EXPECT_EQ(*taken, 8);
}

TEST(Status, IsSuccessUnlessAnErrorIsThere) {
    EXPECT_TRUE(Status().ok());
    const Status failed(Error{.code = ErrorCode::timed_out, .retryable = true});
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().retryable);
}

TEST(ErrorCodes, HaveNamesOfTheirOwn) {
    std::set<std::string_view> names;
    for (int code = 0; code <= static_cast<int>(ErrorCode::fatal); ++code) {
        EXPECT_TRUE(names.insert(to_string(static_cast<ErrorCode>(code))).second) << code;
    }
    EXPECT_TRUE(names.contains("unknown_outcome"));
    EXPECT_FALSE(names.contains("unknown"));
}

} // namespace
