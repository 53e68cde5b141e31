#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>

#include "core/streaming/ingestion/answer_report.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "services/ingest/source_types.hpp"

/// What becomes of one answer, through the source types as a configuration makes them.
namespace answer_reports {

using nlohmann::json;
using streaming::AnswerReport;

inline AnswerReport report(const std::string& type, const std::string& body, const json& params = json::object()) {
    streaming::SourceSettings settings{.source_type = type};
    for (const auto& [name, value] : params.items()) {
        settings.custom_params[name] = value;
    }
    streaming::fakes::FakeClock clock;
    const auto report = report_answer(services::ingest::source_types(), "source", settings,
                                      {.response = {.status = 200, .body = body}}, clock);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report ? report.value() : AnswerReport{};
}

/// Of the one row: "" for an event.
inline std::string reason(const AnswerReport& report) {
    EXPECT_EQ(report.rows.size(), 1U) << report.reason;
    return report.rows.empty() ? "no row" : report.rows[0].rejected.value_or("");
}

inline json data(const AnswerReport& report, std::size_t row = 0) {
    return json::parse(report.rows.at(row).payload).at("data");
}

} // namespace answer_reports
