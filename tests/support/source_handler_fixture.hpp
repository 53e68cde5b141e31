#pragma once

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/memory_cursor_store.hpp"
#include "core/streaming/ingestion/source_state.hpp"
#include "core/streaming/ingestion/source_types.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_http_client.hpp"

/// Runs what makes a source, without a service: connector on a FakeWeb, handler on a context of its own.
class SourceHandlerFixture : public testing::Test {
protected:
    using Response = streaming::Response;
    using SourceRow = streaming::SourceRow;

    std::vector<SourceRow> handle(const streaming::SourceHandler& handler, const Response& answer) {
        streaming::SourceContext context(
            {.service = "ingest", .source = source_, .log = log_, .now = clock_.system_now(), .state = &state_}, {});
        handler(answer, context);
        payload_time_ = context.payload_time();
        EXPECT_EQ(context.state_trouble(), std::nullopt);
        return std::move(context.rows());
    }
    streaming::Result<Response> fetch(streaming::SourceParts& parts, std::optional<streaming::TimeWindow> window = {}) {
        return parts.connector->fetch({.http = http_, .stop = {}, .window = window, .cursors = &cursors_});
    }
    /// One poll that must work.
    std::vector<SourceRow> poll(streaming::SourceParts& parts, std::optional<streaming::TimeWindow> window = {}) {
        auto answer = fetch(parts, window);
        EXPECT_TRUE(answer.ok()) << answer.error().message;
        if (answer && answer.value().receipt) {
            answer.value().receipt->complete(true);
        }
        return answer ? handle(parts.handler, answer.value()) : std::vector<SourceRow>{};
    }
    /// The URLs that were asked for.
    [[nodiscard]] std::vector<std::string> urls() const {
        std::vector<std::string> all;
        for (const auto& request : web_.requests()) {
            all.push_back(request.url);
        }
        return all;
    }

    std::string source_ = "source_a";
    std::optional<streaming::Clock::system_time> payload_time_{}; ///< of the last answer, as the handler said
    streaming::MemoryCursorStore cursors_{};
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    streaming::SourceState state_{}; ///< of the source
    streaming::fakes::FakeClock clock_{};
    streaming::fakes::FakeWeb web_{};
    streaming::fakes::FakeHttpClient http_{web_};
};

/// The same for one type of source.
class SourceTypeFixture : public SourceHandlerFixture {
protected:
    streaming::Result<streaming::SourceParts> try_make(std::map<std::string, nlohmann::json> params) {
        settings_.custom_params = std::move(params);
        return types_.make({.name = source_, .settings = settings_, .endpoint = endpoint_, .clock = clock_});
    }
    streaming::SourceParts make(std::map<std::string, nlohmann::json> params) {
        auto parts = try_make(std::move(params));
        EXPECT_TRUE(parts.ok()) << parts.error().message;
        return parts ? std::move(parts).value() : streaming::SourceParts{};
    }
    /// Why it cannot be made.
    std::string problem(std::map<std::string, nlohmann::json> params) {
        const auto parts = try_make(std::move(params));
        return parts ? "" : parts.error().message;
    }

    streaming::SourceTypes types_{};
    streaming::SourceSettings settings_{};
    std::string endpoint_{};
};
