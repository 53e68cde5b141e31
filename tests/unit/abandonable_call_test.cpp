#include "core/streaming/infrastructure/abandonable_call.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace streaming::detail {
namespace {

TEST(AbandonableCall, IsWaitedForWhileThereIsHope) {
    std::promise<void> promise;
    const std::shared_future<void> asked_twice = promise.get_future().share();
    std::atomic<bool> returned{false};
    int asked = 0;
    EXPECT_TRUE(call_unless_hopeless(
        [&returned, asked_twice] {
            asked_twice.wait();
            returned = true;
        },
        [&] {
            if (++asked == 2) {
                promise.set_value();
            }
            return false;
        }));
    EXPECT_TRUE(returned);
}

TEST(AbandonableCall, IsLeftBehindWhenItIsHopeless) {
    const auto promise = std::make_shared<std::promise<void>>();
    std::promise<void> left;
    const std::future<void> is_left = left.get_future();
    EXPECT_FALSE(call_unless_hopeless(
        [answer = promise->get_future().share(), ended = std::make_shared<std::promise<void>>(std::move(left))] {
            answer.wait();
            ended->set_value();
        },
        [] { return true; }));
    promise->set_value(); // only here: so that this program ends as it began
    is_left.wait();
}

} // namespace
} // namespace streaming::detail
