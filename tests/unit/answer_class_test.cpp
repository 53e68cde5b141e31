#include "core/streaming/ingestion/answer_class.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streaming {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kCsv = "text/csv;charset=UTF-8";
constexpr const char* kPlain = "text/plain;charset=UTF-8";
constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kGeo = "application/geo+json";
constexpr const char* kProblem = "application/problem+json";

const AnswerRules kFirms{.content = ExpectedContent::csv, .columns = {"latitude", "longitude", "acq_date"}};
const AnswerRules kNws{.content = ExpectedContent::json, .member = "features", .not_found = AnswerClass::config};
const AnswerRules kNwsOne{.content = ExpectedContent::json, .not_found = AnswerClass::config};
const AnswerRules kEvents{.content = ExpectedContent::json};
const AnswerRules kRecords{.content = ExpectedContent::records};
const AnswerRules kAnything{};

struct Case {
    const char* name = "";
    const AnswerRules& rules;
    long status = 200;
    const char* type = "";
    std::string body{};
    AnswerClass expected = AnswerClass::ok;
};

HttpResponse answer_of(const Case& one) {
    return {.status = one.status, .headers = {{"content-type", one.type}}, .body = one.body};
}

std::string problem(const std::string& type, int status) {
    return R"({"correlationId":"c0ffee-1","title":"t","type":"https://api.weather.gov/problems/)" + type +
           R"(","status":)" + std::to_string(status) + R"(,"detail":"planted-detail","instance":"i"})";
}

const std::string kHead = "latitude,longitude,acq_date,acq_time\n";
const std::string kRow = "1.5,2.5,2026-01-01,24";

using enum AnswerClass;
// An array that is not copied: g++ 12 warns of that without cause.
const Case kCases[] = {
    {"rows", kFirms, 200, kCsv, kHead + kRow, ok},
    {"rows with CRLF", kFirms, 200, kCsv, "latitude,longitude,acq_date\r\n1,2,2026-01-01\r\n", ok},
    {"rows after a byte order mark", kFirms, 200, kCsv, "\xEF\xBB\xBF" + kHead + kRow, ok},
    {"quoted columns in another order", kFirms, 200, kCsv, "\"acq_date\", longitude,\"latitude\"\n1,2,3", ok},
    {"csv sent as plain text", kFirms, 200, kPlain, kHead + kRow, ok},
    {"header only", kFirms, 200, kCsv, kHead, empty},
    {"header only, no line end", kFirms, 200, kCsv, "latitude,longitude,acq_date", empty},
    {"header only with CRLF", kFirms, 200, kCsv, "latitude,longitude,acq_date\r\n", empty},
    {"empty body where a header belongs", kFirms, 200, kCsv, "", retry},
    {"blank body", kFirms, 200, kCsv, " \r\n", retry},
    {"header without latitude", kFirms, 200, kCsv, "lat,longitude,acq_date\n1,2,3", schema},
    {"missing column", kFirms, 200, kCsv, "latitude,longitude\n1,2", schema},
    {"another text", kFirms, 200, kPlain, "Something went wrong.", schema},
    {"key refused with 200", kFirms, 200, kPlain, "Invalid MAP_KEY.", auth},
    {"key refused with 400", kFirms, 400, kPlain, "Invalid MAP_KEY.", auth},
    {"key refused with 401", kFirms, 401, kPlain, "no", auth},
    {"quota with 200", kFirms, 200, kPlain, "Exceeding allowed transaction limit.", quota},
    {"quota with 400", kFirms, 400, kPlain, "Exceeding allowed transaction limit.\n", quota},
    {"wrong request", kFirms, 400, kPlain, "Invalid source.", config},
    {"page with 200", kFirms, 200, kHtml, "<html><body>maintenance</body></html>", retry},
    {"page sent as csv", kFirms, 200, kCsv, "<!DOCTYPE html>\n<html>", retry},
    {"latin-1", kFirms, 200, "text/csv; charset=iso-8859-1",
     kHead + "1,2,Garc\xED"
             "a,4",
     schema},
    {"utf-16", kFirms, 200, kCsv, std::string("\xFF\xFEl\0a\0t\0", 8), schema},
    {"features", kNws, 200, kGeo, R"({"type":"FeatureCollection","features":[{"id":1}]})", ok},
    {"no features", kNws, 200, kGeo, R"({"features":[]})", empty},
    {"features null", kNws, 200, kGeo, R"({"features":null})", schema},
    {"features absent", kNws, 200, kGeo, R"({"type":"Feature"})", schema},
    {"features no array", kNws, 200, kGeo, R"({"features":{"a":1}})", schema},
    {"JSON cut off", kNws, 200, kGeo, R"({"features":[{"id":1},{"id")", retry},
    {"JSON cut off between", kNws, 200, kGeo, R"({"features":[{"id":1})", schema},
    {"no JSON", kNws, 200, kGeo, "hello", schema},
    {"two bodies in one", kNws, 200, kGeo, R"({"features":[]}{"features":[]})", schema},
    {"JSON, latin-1", kNws, 200, kGeo, "{\"features\":[\"\xED\"]}", schema},
    {"empty body where JSON belongs", kNws, 200, kGeo, "", retry},
    {"page where JSON belongs", kNws, 200, kHtml, "<html></html>", retry},
    {"UnexpectedProblem", kNws, 500, kProblem, problem("UnexpectedProblem", 500), retry},
    {"ServiceUnavailable", kNws, 503, kProblem, problem("ServiceUnavailable", 503), retry},
    {"NotFound", kNws, 404, kProblem, problem("NotFound", 404), config},
    {"InvalidPoint", kNws, 404, kProblem, problem("InvalidPoint", 404), config},
    {"UnexpectedProblem with 200", kNws, 200, kProblem, problem("UnexpectedProblem", 500), retry},
    {"UnexpectedProblem sent as GeoJSON", kNwsOne, 200, kGeo, problem("UnexpectedProblem", 500), retry},
    {"InvalidPoint with 200", kNwsOne, 200, kProblem, problem("InvalidPoint", 404), config},
    {"InvalidPoint sent as GeoJSON", kNwsOne, 200, kGeo, problem("InvalidPoint", 404), config},
    {"RateLimited with 200", kNwsOne, 200, kGeo, problem("RateLimited", 429), quota},
    {"a problem without a type", kNws, 200, kGeo, R"({"title":"Not Found","status":404})", config},
    {"a problem without a status", kNws, 200, kProblem, R"({"title":"Not Found"})", schema},
    {"a problem of another API", kAnything, 200, kProblem, R"({"title":"Busy","status":503})", retry},
    {"an event with title and type", kEvents, 200, "application/json",
     R"({"title":"t","type":"https://example.org/problems/x","status":500})", ok},
    {"an event about a problem", kEvents, 200, "application/json",
     R"({"title":"t","type":"incident","status":500,"about":"https://api.weather.gov/problems/x"})", ok},
    {"features of a type of problem", kNws, 200, kGeo,
     R"({"type":"https://api.weather.gov/problems/x","status":500,"features":[{}]})", ok},
    {"not there yet", kFirms, 404, kHtml, "<html>not found</html>", retry},
    {"blocked by the CDN", kNws, 403, kHtml, "<HTML><HEAD><TITLE>Access Denied", retry},
    {"forbidden by the API", kNws, 403, kGeo, "{}", auth},
    {"too many requests", kNws, 429, kProblem, "{}", quota},
    {"request timeout", kNws, 408, "", "", retry},
    {"bad gateway page", kNws, 502, kHtml, "<html></html>", retry},
    {"gone", kNws, 410, "", "", config},
    {"redirect that is not followed", kNws, 301, "", "", config},
    {"a part", kNws, 206, kGeo, R"({"features":[1]})", retry},
    {"unchanged", kNws, 304, "", "", empty},
    {"no content", kNws, 204, "", "", empty},
    {"PurpleAir key", kAnything, 403, "application/json", R"({"error":"ApiKeyInvalidError"})", auth},
    {"PurpleAir rate", kAnything, 400, "application/json", R"({"error":"RateLimitExceededError"})", quota},
    {"numbers of more than 64 bits", kNws, 200, kGeo, R"({"features":[{"x":123456789012345678901}]})", ok},
    {"big numbers, no features", kNws, 200, kGeo, R"({"x":123456789012345678901,"features":[]})", empty},
    {"big numbers, features absent", kNws, 200, kGeo, R"({"x":123456789012345678901})", schema},
    {"big numbers, features no array", kNws, 200, kGeo, R"({"x":123456789012345678901,"features":{}})", schema},
    {"records", kRecords, 200, kPlain, "a\nb", ok},
    {"no records", kRecords, 200, kPlain, " \n", retry},
    {"page where records belong", kRecords, 200, kHtml, "<html></html>", retry},
    {"records, one of them in latin-1", kRecords, 200, kPlain, "Garc\xED", ok},
    {"anything", kAnything, 200, "", "x", ok},
    {"nothing", kAnything, 200, "", "", empty},
    {"marker in the middle of long data", kAnything, 200, "", std::string(2000, 'x') + "Invalid MAP_KEY.", ok},
};

TEST(AnswerClass, AnswersAreWorthWhatTheySay) {
    for (const Case& one : kCases) {
        const Classified found = classify(answer_of(one), one.rules);
        EXPECT_EQ(to_string(found.answer), to_string(one.expected)) << one.name << ": " << found.reason;
        EXPECT_EQ(found.good(), one.expected == AnswerClass::ok || one.expected == AnswerClass::empty) << one.name;
        EXPECT_EQ(found.reason.empty(), one.expected == AnswerClass::ok) << one.name;
    }
}

TEST(AnswerClass, ErrorsSayWhetherItHelpsToAskAgain) {
    const auto code = [](AnswerClass answer) { return error_of({answer, "r"}, "h"); };
    EXPECT_EQ(code(AnswerClass::retry).code, ErrorCode::unavailable);
    EXPECT_EQ(code(AnswerClass::quota).code, ErrorCode::rate_limited);
    EXPECT_EQ(code(AnswerClass::auth).code, ErrorCode::not_authorized);
    EXPECT_EQ(code(AnswerClass::config).code, ErrorCode::invalid_argument);
    EXPECT_EQ(code(AnswerClass::schema).code, ErrorCode::malformed);
    for (const AnswerClass answer : {AnswerClass::retry, AnswerClass::quota}) {
        EXPECT_TRUE(code(answer).retryable);
    }
    for (const AnswerClass answer : {AnswerClass::auth, AnswerClass::config, AnswerClass::schema}) {
        EXPECT_FALSE(code(answer).retryable);
    }
}

TEST(AnswerClass, ReasonsNameTheProblemAndHoldNothingOfTheBody) {
    const Classified point =
        classify({.status = 404, .headers = {{"content-type", kProblem}}, .body = problem("InvalidPoint", 404)}, kNws);
    EXPECT_EQ(point.reason, "answered 404 (InvalidPoint, correlation id c0ffee-1)");
    const Classified success =
        classify({.status = 200, .headers = {{"content-type", kGeo}}, .body = problem("InvalidPoint", 404)}, kNws);
    EXPECT_EQ(success.reason, "answered 200: an error document, status 404 (InvalidPoint, correlation id c0ffee-1)");
    const Classified titled =
        classify({.status = 200,
                  .headers = {{"content-type", kProblem}},
                  .body = R"({"type":"about:blank","title":"Invalid Point","status":404,"correlationId":"c0ffee-1"})"},
                 kNws);
    EXPECT_EQ(titled.reason, "answered 200: an error document, status 404 (Invalid Point, correlation id c0ffee-1)");
    const Classified echo =
        classify({.status = 400,
                  .headers = {{"content-type", kProblem}},
                  .body = R"({"type":"/api/csv/planted key?x","title":"planted/key","correlationId":"planted\nkey"})"},
                 kNws);
    EXPECT_THAT(echo.reason, Not(HasSubstr("planted")));
    for (const Case& one : kCases) {
        EXPECT_THAT(classify(answer_of(one), one.rules).reason, Not(HasSubstr("planted"))) << one.name;
    }
}

} // namespace
} // namespace streaming
