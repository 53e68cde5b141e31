#include "core/streaming/infrastructure/abandonable_call.hpp"

#include <chrono>
#include <future>
#include <system_error>
#include <thread>

namespace streaming::detail {
namespace {

constexpr std::chrono::milliseconds kLookEvery{10};

} // namespace

bool call_unless_hopeless(const std::function<void()>& call, const std::function<bool()>& hopeless) {
    std::promise<void> promise;
    const std::future<void> returned = promise.get_future();
    std::thread caller;
    try {
        caller = std::thread([call, promise = std::move(promise)]() mutable {
            call();
            promise.set_value();
        });
    } catch (const std::system_error&) {
        call();
        return true;
    }
    while (returned.wait_for(kLookEvery) != std::future_status::ready) {
        if (hopeless()) {
            caller.detach();
            return false;
        }
    }
    caller.join();
    return true;
}

} // namespace streaming::detail
