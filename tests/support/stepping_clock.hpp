#pragma once

#include <functional>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/http_client.hpp"

namespace streaming::testing_support {

/// Time for one thread: a wait is over at once, and time is what was waited for. Begins on 2026-01-01T00:00:00Z.
class SteppingClock final : public Clock {
public:
    [[nodiscard]] steady_time now() const noexcept override { return now_; }
    [[nodiscard]] system_time system_now() const noexcept override {
        return kDay + std::chrono::duration_cast<system_time::duration>(now_ - kStart);
    }
    void wait_until(std::unique_lock<std::mutex>&, std::condition_variable_any&, steady_time time,
                    std::stop_token stop) override {
        if (!stop.stop_requested() && time > now_) {
            now_ = time;
        }
    }
    void advance(std::chrono::nanoseconds by) { now_ += by; }

private:
    static constexpr system_time kDay = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
    static constexpr steady_time kStart{std::chrono::hours(1)};
    steady_time now_ = kStart;
};

/// A server that is a function.
class ScriptedHttp final : public HttpClient {
public:
    using Script = std::function<Result<HttpResponse>(const HttpRequest&)>;
    explicit ScriptedHttp(Script script) : script_(std::move(script)) {}
    Result<HttpResponse> get(const HttpRequest& request, std::stop_token) override { return script_(request); }

private:
    Script script_;
};

} // namespace streaming::testing_support
