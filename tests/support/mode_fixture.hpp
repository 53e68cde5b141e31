#pragma once

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "core/streaming/infrastructure/memory_cursor_store.hpp"
#include "core/streaming/ingestion/ingestion_mode_factory.hpp"
#include "core/streaming/testing/fake_clock.hpp"

namespace streaming::testing_support {

/// A mode on a clock that stands still, called as the runtime calls it.
class ModeFixture : public ::testing::Test {
protected:
    using Milliseconds = std::chrono::milliseconds;

    std::unique_ptr<IngestionMode> make(const IngestionOptions& options, std::size_t place = 0,
                                        const std::string& source = "s") {
        auto mode = IngestionModeFactory::create_mode(
            options, {.clock = clock, .log = log, .source = source, .cursors = &cursors, .place = place});
        EXPECT_TRUE(mode.ok());
        return std::move(mode).value();
    }
    /// From now until the next poll; nullopt = not before something settles.
    std::optional<Milliseconds> wait(IngestionMode& mode, const Backlog& backlog = {}) {
        const auto due = mode.next_poll(backlog).due;
        return due == Clock::steady_time::max() ? std::nullopt
                                                : std::optional(std::chrono::ceil<Milliseconds>(due - clock.now()));
    }
    bool is_due(IngestionMode& mode, const Backlog& backlog = {}) { return mode.next_poll(backlog).due <= clock.now(); }
    /// Starts what is due.
    PollPlan start(IngestionMode& mode, const Backlog& backlog = {}) {
        const PollPlan plan = mode.next_poll(backlog);
        EXPECT_LE(plan.due, clock.now()) << "nothing is due";
        mode.poll_started(plan);
        return plan;
    }
    /// A whole poll that takes no time.
    PollPlan poll(IngestionMode& mode, bool ok = true) {
        const PollPlan plan = start(mode);
        mode.poll_ended(plan, {.ok = ok, .rows = 1, .new_rows = ok ? 1U : 0U});
        mode.poll_settled(plan, ok);
        return plan;
    }
    /// Moves the time to the next poll and makes it; how long that took.
    Milliseconds wait_and_poll(IngestionMode& mode, bool ok = true) {
        const auto waited = wait(mode);
        EXPECT_TRUE(waited.has_value()) << "nothing is going to be due";
        clock.advance(std::max(waited.value_or(Milliseconds{0}), Milliseconds{0}));
        poll(mode, ok);
        return waited.value_or(Milliseconds{-1});
    }

    fakes::FakeClock clock{}; ///< 2026-01-01T00:00:00Z
    MemoryCursorStore cursors{};
    std::ostringstream logged{};
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(logged)};
};

} // namespace streaming::testing_support
