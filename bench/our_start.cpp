#include <chrono>
#include <cstdio>
#include <thread>

#include "bench/our_leg.hpp"

namespace bench {

int run_our_start(const LegOptions& options) {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::microseconds kLookAgain{200};
    constexpr std::chrono::seconds kPatience{60};
    const auto begin = Clock::now();
    const auto elapsed = [&begin] { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); };

    streaming::Settings settings;
    settings.admin = "127.0.0.1:0";
    streaming::StreamServiceBuilder builder("bench", settings);
    arm(builder, options);
    builder.add_consumer_handler(consumer_options(options), [](const streaming::Message&, streaming::Context&) {});
    const auto service = builder.build();
    if (const auto status = service->start(); !status) {
        std::fprintf(stderr, "ours: %s\n", status.error().message.c_str());
        return 1;
    }
    const double started = elapsed();
    while (!service->health().ready()) {
        if (Clock::now() - begin > kPatience) {
            std::fprintf(stderr, "ours: not ready: %s\n", service->health().to_json().c_str());
            return 1;
        }
        std::this_thread::sleep_for(kLookAgain);
    }
    std::printf("{\"leg\":\"start\",\"started_ms\":%.1f,\"ready_ms\":%.1f}\n", started, elapsed());
    return 0;
}

} // namespace bench
