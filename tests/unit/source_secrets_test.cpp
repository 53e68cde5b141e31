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

std::vector<std::string> read(std::string_view name, std::string_view value) {
    detail::SecretsRead secrets;
    detail::SecretsRead::note(name, value);
    return secrets.take();
}

TEST(SecretsRead, NotesKeysAndCredentials) {
    EXPECT_THAT(read("map_key", "0123456789abcdef"), ElementsAre("0123456789abcdef"));
    EXPECT_THAT(read("Authorization", "Bearer abcdefgh1"), ElementsAre("Bearer abcdefgh1", "abcdefgh1"));
    EXPECT_THAT(read("X-Own", "abcdefgh"), ElementsAre("abcdefgh"));
    EXPECT_THAT(
        read("url", "https://me:passw0rd@host:80/v1/0123456789abcdef/observations?format=geojson&appid=key45678"),
        ElementsAre("passw0rd", "0123456789abcdef", "key45678"));
    EXPECT_THAT(read("url", "/data?key=12345678"), ElementsAre("12345678"));
}

TEST(SecretsRead, LeavesAloneWhatMeansSomethingElseInAnAnswer) {
    EXPECT_THAT(read("Accept", "application/geo+json"), IsEmpty());
    EXPECT_THAT(read("api_key", "short"), IsEmpty());
    EXPECT_THAT(read("url", "https://api.example.com/v1/observations/latest?format=json"), IsEmpty());
}

TEST(SecretsRead, IsOverWhenItIsGone) {
    { const detail::SecretsRead secrets; }
    detail::SecretsRead::note("api_key", "0123456789"); // nobody listens
    EXPECT_THAT(read("api_key", "abcdefghij"), ElementsAre("abcdefghij"));
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
