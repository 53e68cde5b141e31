#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/streaming/patterns/run_service.hpp"
#include "core/streaming/testing/service_harness.hpp"

namespace tests {

/// The event that flows through most tests.
struct Item {
    static constexpr std::string_view event_type = "item.made";
    int number = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Item, number)
};

/// Holds handlers back until a test opens it.
class Gate {
public:
    void open() {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    /// In a handler: says that it is here, and waits.
    void pass() {
        std::unique_lock lock(mutex_);
        ++arrived_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }
    /// In a test: waits until `count` handlers are here.
    void await(int count) {
        std::unique_lock lock(mutex_);
        ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return arrived_ >= count; }));
    }

private:
    std::mutex mutex_{};
    std::condition_variable changed_{};
    bool open_ = false;
    int arrived_ = 0;
};

/// Waits, on the fakes' activity, until `condition` holds.
inline void await(streaming::ServiceHarness& service, const std::function<bool()>& condition) {
    const auto guard = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    auto& activity = service.platform().activity();
    for (;;) {
        const auto seen = activity.count();
        if (condition()) {
            return;
        }
        ASSERT_TRUE(activity.wait_past(seen, guard)) << "waited in vain";
    }
}

/// An envelope as JSON text.
inline std::string envelope(std::string_view id, std::string_view type = Item::event_type,
                            std::string_view data = R"({"number":1})") {
    return R"({"id":")" + std::string(id) + R"(","type":")" + std::string(type) + R"(","data":)" + std::string(data) +
           "}";
}

/// Puts a record on a chosen partition.
inline void put(streaming::ServiceHarness& service, std::string topic, std::int32_t partition, std::string key,
                std::string payload) {
    (void)service.platform().broker().append(
        {.topic = std::move(topic), .key = std::move(key), .payload = std::move(payload)},
        service.platform().clock().system_now(), partition);
}

} // namespace tests
