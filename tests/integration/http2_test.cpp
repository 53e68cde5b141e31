#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/curl_http_client.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/mosquitto_broker.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing_support::ChildProcess;

bool is_there(const std::string& program) {
    for (const char* folder : {"/usr/bin/", "/usr/sbin/"}) {
        if (::access((folder + program).c_str(), X_OK) == 0) {
            return true;
        }
    }
    return false;
}

/// TLS servers with a certificate that the client is told not to check.
class Http2 : public ::testing::Test {
protected:
    void SetUp() override {
        if (!is_there("openssl")) {
            GTEST_SKIP() << "openssl, which makes a certificate, is not installed";
        }
        std::string name = (std::filesystem::temp_directory_path() / "tributary-http2-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        ChildProcess made({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                           "/CN=127.0.0.1", "-keyout", at("key"), "-out", at("certificate")},
                          at("openssl.log"));
        ASSERT_EQ(made.wait(), 0) << read("openssl.log");
    }
    void TearDown() override {
        server_.reset();
        if (!folder_.empty()) {
            std::filesystem::remove_all(folder_);
        }
    }

    [[nodiscard]] std::string at(const std::string& file) const { return (folder_ / file).string(); }
    [[nodiscard]] std::string read(const std::string& file) const {
        std::ostringstream text;
        text << std::ifstream(at(file)).rdbuf();
        return text.str();
    }
    [[nodiscard]] std::string url(const std::string& path) const {
        return "https://127.0.0.1:" + std::to_string(port_) + path;
    }
    /// Its log is `server.log`.
    void start(std::vector<std::string> command) {
        server_ = std::make_unique<ChildProcess>(std::move(command), at("server.log"));
    }
    /// A server that understands nothing but HTTP/2.
    void start_nghttpd() {
        start({"nghttpd", "--verbose", "--address=127.0.0.1", "--htdocs=" + folder_.string(), std::to_string(port_),
               at("key"), at("certificate")});
    }
    /// Again while the server starts.
    Result<HttpResponse> get(const std::string& path) {
        const auto end = std::chrono::steady_clock::now() + 20s;
        for (;;) {
            auto answer = client_.get({.url = url(path)}, {});
            if (answer || std::chrono::steady_clock::now() > end || server_->wait_for(0ms)) {
                return answer;
            }
            std::this_thread::yield();
        }
    }

    std::filesystem::path folder_{};
    std::uint16_t port_ = testing_support::free_port();
    CurlHttpClient client_{HttpOptions{.user_agent = "tests/1", .verify_tls = false}};
    std::unique_ptr<ChildProcess> server_{};
};

constexpr const char* kNoServer = "nghttpd is not installed (Debian: nghttp2-server)";

TEST_F(Http2, IsSpokenWithATlsServerThatOffersIt) {
    if (!is_there("nghttpd")) {
        GTEST_SKIP() << kNoServer;
    }
    std::ofstream(folder_ / "page.txt") << "over two";
    start_nghttpd();
    const auto answer = get("/page.txt");
    ASSERT_TRUE(answer.ok()) << answer.error().message << read("server.log");
    EXPECT_EQ(answer.value().status, 200);
    EXPECT_EQ(answer.value().body, "over two");
    EXPECT_EQ(answer.value().header("content-length"), "8") << "names in lower case";
    EXPECT_EQ(get("/nowhere").value().status, 404);
    EXPECT_THAT(read("server.log"), HasSubstr("recv HEADERS frame")) << "a frame: that is HTTP/2";
}

TEST_F(Http2, ManyAreAnsweredInOrderAndCapsHold) {
    if (!is_there("nghttpd")) {
        GTEST_SKIP() << kNoServer;
    }
    std::vector<HttpRequest> requests;
    for (int i = 0; i < 20; ++i) {
        std::ofstream(folder_ / std::to_string(i)) << "body " << i;
        requests.push_back({.url = url("/" + std::to_string(i))});
    }
    std::ofstream(folder_ / "large") << std::string(100'000, 'x');
    requests.push_back({.url = url("/large"), .max_body_bytes = 99'999});
    start_nghttpd();
    ASSERT_TRUE(get("/0").ok()) << read("server.log");
    const auto answers = client_.get_all(requests, 4, {});
    for (std::size_t i = 0; i < 20; ++i) {
        ASSERT_TRUE(answers.at(i).ok()) << answers[i].error().message;
        EXPECT_EQ(answers[i].value().body, "body " + std::to_string(i));
    }
    EXPECT_EQ(answers.at(20).error().code, ErrorCode::too_large);
    EXPECT_TRUE(client_.get({.url = url("/1")}, {}).ok()) << "what was cut off disturbs nobody";
}

TEST_F(Http2, AServerOfHttp1AloneIsSpokenToAsBefore) {
    start({"openssl", "s_server", "-accept", "127.0.0.1:" + std::to_string(port_), "-key", at("key"), "-cert",
           at("certificate"), "-alpn", "http/1.1", "-www"});
    const auto answer = get("/");
    ASSERT_TRUE(answer.ok()) << answer.error().message << read("server.log");
    EXPECT_EQ(answer.value().status, 200);
    EXPECT_THAT(answer.value().body, HasSubstr("s_server -accept")) << "its own page";
}

TEST_F(Http2, ACertificateThatCannotBeVerifiedMayBeRenewedAnyTime) {
    start({"openssl", "s_server", "-accept", "127.0.0.1:" + std::to_string(port_), "-key", at("key"), "-cert",
           at("certificate"), "-www"});
    ASSERT_TRUE(get("/").ok()) << read("server.log");
    CurlHttpClient careful{HttpOptions{.user_agent = "tests/1"}};
    const auto answer = careful.get({.url = url("/")}, {});
    ASSERT_FALSE(answer.ok());
    EXPECT_THAT(answer.error().message, HasSubstr("certificate"));
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(answer.error().retryable) << "else its source would be polled no more";
}

} // namespace
} // namespace streaming
