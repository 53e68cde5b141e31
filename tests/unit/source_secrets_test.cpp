#include "core/streaming/ingestion/source_secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/ingestion/custom_params.hpp"
#include "core/streaming/ingestion/source_types.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_http_client.hpp"

namespace {

using namespace streaming;
using testing::ElementsAre;
using testing::IsEmpty;

detail::Secrets noted(void (*note)(std::string_view), std::string_view value) {
    detail::SecretsRead secrets;
    note(value);
    return secrets.take();
}
detail::Secrets noted_header(std::string_view name, std::string_view value) {
    detail::SecretsRead secrets;
    detail::SecretsRead::note_header(name, value);
    return secrets.take();
}

TEST(SecretsRead, NotesKeysAndCredentials) {
    EXPECT_THAT(noted(&detail::SecretsRead::note, "0123456789abcdef").certain, ElementsAre("0123456789abcdef"));
    EXPECT_THAT(noted_header("Authorization", "Bearer abcdefgh1").certain,
                ElementsAre("Bearer abcdefgh1", "abcdefgh1"));
    EXPECT_THAT(noted_header("X-Own", "abcdefgh").possible, ElementsAre("abcdefgh"));
    const auto of_url = noted(
        &detail::SecretsRead::note_url,
        "https://me:passw0rd@host:80/v1/0123456789abcdef/observations?format=geojson&appid=key45678&from=2026-01-01");
    EXPECT_THAT(of_url.certain, ElementsAre("passw0rd", "key45678"));
    EXPECT_THAT(of_url.possible, ElementsAre("0123456789abcdef", "2026-01-01"));
    EXPECT_THAT(noted(&detail::SecretsRead::note_url, "/data?key=12345678").certain, ElementsAre("12345678"));
}

TEST(SecretsRead, LeavesAloneWhatMeansSomethingElse) {
    for (const auto& secrets :
         {noted_header("Accept", "application/geo+json1"), noted(&detail::SecretsRead::note, "short"),
          noted(&detail::SecretsRead::note_url, "https://api.example.com/v1/observations/latest?format=json")}) {
        EXPECT_THAT(secrets.certain, IsEmpty());
        EXPECT_THAT(secrets.possible, IsEmpty());
    }
}

TEST(SecretsRead, IsOverWhenItIsGone) {
    { const detail::SecretsRead secrets; }
    detail::SecretsRead::note("0123456789"); // nobody listens
    EXPECT_THAT(noted(&detail::SecretsRead::note, "abcdefghij").certain, ElementsAre("abcdefghij"));
}

TEST(WithoutSecrets, WhatWasAskedForIsDataInAnAnswer) {
    class Echo final : public Connector {
    public:
        Result<Response> fetch(const Request&) override {
            if (asked_++ > 0) {
                return Error{.code = ErrorCode::unavailable, .message = "no 2026-01-01, no 52.520008, no s3cret-key"};
            }
            return Response{.body = R"({"from":"2026-01-01","latitude":52.520008,"token":"s3cret-key"})"};
        }

    private:
        int asked_ = 0;
    };
    detail::SecretsRead secrets;
    detail::SecretsRead::note_url("https://api.example/data?from=2026-01-01&latitude=52.520008&token=s3cret-key");
    const auto connector = detail::without_secrets(std::make_unique<Echo>(), secrets.take());
    fakes::FakeWeb web;
    fakes::FakeHttpClient http(web);
    EXPECT_EQ(connector->fetch({.http = http, .stop = {}}).value().body,
              R"({"from":"2026-01-01","latitude":52.520008,"token":"**********"})");
    EXPECT_EQ(connector->fetch({.http = http, .stop = {}}).error().message,
              "no **********, no *********, no **********");
}

TEST(WithoutSecrets, CoversThemInAnswersAndErrors) {
    class Echo final : public Connector {
    public:
        Result<Response> fetch(const Request&) override {
            return asked_++ == 0 ? Result<Response>(Response{.body = "at /key/0123456789 and 0123456789"})
                                 : Result<Response>(Error{.code = ErrorCode::unavailable, .message = "no 0123456789"});
        }

    private:
        int asked_ = 0;
    };
    SourceTypes types;
    types.add("echo", [](const SourceTypes::Request& request) -> Result<SourceParts> {
        (void)CustomParams(request.settings.custom_params).secret("key", "");
        return SourceParts{.connector = std::make_unique<Echo>()};
    });
    fakes::FakeClock clock;
    fakes::FakeWeb web;
    fakes::FakeHttpClient http(web);
    const SourceSettings settings{.source_type = "echo", .custom_params = {{"key", "0123456789"}}};
    auto parts = types.make({.name = "s", .settings = settings, .endpoint = {}, .clock = clock});
    ASSERT_TRUE(parts.ok());
    EXPECT_EQ(parts.value().connector->fetch({.http = http, .stop = {}}).value().body,
              "at /key/********** and **********");
    EXPECT_EQ(parts.value().connector->fetch({.http = http, .stop = {}}).error().message, "no **********");
}

} // namespace
