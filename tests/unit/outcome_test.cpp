#include "core/streaming/reliability/outcome.hpp"

#include <gtest/gtest.h>

namespace streaming {

TEST(Outcome, EveryOneHasItsName) {
    EXPECT_EQ(to_string(Outcome::handled), "handled");
    EXPECT_EQ(to_string(Outcome::duplicate), "duplicate");
    EXPECT_EQ(to_string(Outcome::ignored), "ignored");
    EXPECT_EQ(to_string(Outcome::dead_lettered), "dead_lettered");
    EXPECT_EQ(to_string(Outcome::dropped), "dropped");
}

} // namespace streaming
