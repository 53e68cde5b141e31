#include "core/streaming/ingestion/webhook_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/streaming/ingestion/standard_source_types.hpp"
#include "core/streaming/ingestion/webhook_authentication.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace {

using namespace streaming;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Of GitHub's documentation, "Validating webhook deliveries".
constexpr const char* kSecret = "It's a Secret to Everybody";
constexpr const char* kSignature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

ServedRequest request(std::map<std::string, std::string> headers) {
    return {.method = "POST", .path = "/", .headers = std::move(headers), .body = "Hello, World!"};
}

TEST(WebhookAuthentication, AsksForTheToken) {
    const WebhookAuthentication authentication({.token = "s3cret"});
    const auto status = [&](const char* said) {
        const auto refused = authentication.refuse_head(request({{"authorization", said}}));
        return refused ? refused->status : 0;
    };
    EXPECT_EQ(status("Bearer s3cret"), 0);
    EXPECT_EQ(status("bearer s3cret"), 0);
    for (const char* wrong :
         {"", "s3cret", "Basic s3cret", "Bearer ", "Bearer s3cre", "Bearer s3crets", "Bearer S3cret"}) {
        EXPECT_EQ(status(wrong), 401) << wrong;
    }
    EXPECT_EQ(authentication.refuse_head(request({}))->headers.at("WWW-Authenticate"), "Bearer");
    EXPECT_FALSE(authentication.refuse_body(request({})));
}

TEST(WebhookAuthentication, ChecksTheSignature) {
    const WebhookAuthentication authentication({.signature_secret = kSecret});
    const auto status = [&](const std::string& said) {
        const auto refused = authentication.refuse_body(request({{"x-hub-signature-256", said}}));
        return refused ? refused->status : 0;
    };
    EXPECT_EQ(authentication.refuse_head(request({}))->status, 401);
    EXPECT_FALSE(authentication.refuse_head(request({{"x-hub-signature-256", "x"}})));
    EXPECT_EQ(status(std::string("sha256=") + kSignature), 0);
    EXPECT_EQ(status(kSignature), 0);
    EXPECT_EQ(status("sha256=" + std::string(64, '0')), 403);
    EXPECT_EQ(status("sha256="), 403);
}

class WebhookSource : public SourceTypeFixture {
protected:
    WebhookSource() {
        ::unsetenv("WEBHOOK_TOKEN");
        add_standard_source_types(types_);
        settings_.source_type = "webhook";
    }
    std::string with(const char* name, const json& value) {
        std::map<std::string, json> params{{"listen", "127.0.0.1:0"}, {"token", "s3cret"}};
        params[name] = value;
        return problem(params);
    }
};

TEST_F(WebhookSource, NeedsAnAddressAndASecret) {
    EXPECT_THAT(problem({{"token", "s3cret"}}), HasSubstr("custom_params.listen: absent is not host and port"));
    EXPECT_THAT(problem({{"listen", "127.0.0.1:0"}}),
                HasSubstr("custom_params.token: must be given, here or in the variable WEBHOOK_TOKEN"));
    ::setenv("WEBHOOK_TOKEN", "s3cret", 1);
    EXPECT_EQ(problem({{"listen", "127.0.0.1:0"}}), "");
    ::unsetenv("WEBHOOK_TOKEN");
    EXPECT_EQ(problem({{"listen", "127.0.0.1:0"}, {"signature_secret", "s3cret"}}), "");
    EXPECT_EQ(problem({{"listen", "127.0.0.1:0"}, {"authentication", "none"}}), "");
    EXPECT_THAT(problem({{"listen", "0.0.0.0:0"}, {"authentication", "none"}}),
                HasSubstr("custom_params.authentication: 'none' is not none, on a loopback address"));
    EXPECT_THAT(with("authentication", "none"), HasSubstr("custom_params.authentication"));
}

TEST_F(WebhookSource, TakesTheSecretOfAFile) {
    const auto path = std::filesystem::path(testing::TempDir()) / ("token_" + std::to_string(::getpid()));
    std::ofstream(path) << "s3cret\n";
    EXPECT_EQ(problem({{"listen", "127.0.0.1:0"}, {"token_file", path.string()}}), "");
    std::filesystem::remove(path);
    EXPECT_THAT(problem({{"listen", "127.0.0.1:0"}, {"token_file", path.string()}}),
                HasSubstr("is not a file that can be read and holds a secret"));
}

TEST_F(WebhookSource, NamesWhatIsWrongAndShowsNoSecret) {
    for (const auto& [name, value] :
         {std::pair("listen", json("8090")), std::pair("listen", json("a:b")), std::pair("listen", json(":1")),
          std::pair("path", json("hook")), std::pair("acknowledge", json("yes")), std::pair("format", json("xml")),
          std::pair("max_waiting", json(0)), std::pair("max_body_bytes", json("1k")),
          std::pair("acknowledge_timeout_seconds", json(0)), std::pair("signature_secret", json(7)),
          std::pair("tokn", json("s3cret"))}) {
        EXPECT_THAT(with(name, value), AllOf(HasSubstr("custom_params." + std::string(name)), Not(HasSubstr("s3cret"))))
            << name;
    }
    EXPECT_THAT(with("format", "csv"), HasSubstr("custom_params.natural_key: or fields must be given"));
}

} // namespace
