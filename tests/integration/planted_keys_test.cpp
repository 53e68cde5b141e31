#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/streaming/infrastructure/curl_http_client.hpp"
#include "core/streaming/infrastructure/embedded_broker.hpp"
#include "core/streaming/infrastructure/http_server.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/config_files.hpp"
#include "tests/support/kafka_reader.hpp"
#include "tests/support/redis_server.hpp"

// Keys of all kinds are given to tributary_ingest, and APIs refuse, echo and fail in all ways. Nothing that the program
// writes may hold one of them.
namespace {

using namespace streaming;
using namespace std::chrono_literals;
using nlohmann::json;
using testing_support::ChildProcess;

constexpr auto kMapKey = "Planted1MapKey0123456789abcdef00";
constexpr auto kApiKey = "Planted2-Api-Key-0123456789";
constexpr auto kWebhookToken = "Planted3WebhookToken0123456789";
constexpr auto kSignature = "Planted4SignatureSecret0123456789";
constexpr auto kHeaderToken = "Planted5HeaderToken0123456789";
constexpr auto kQueryKey = "Planted6QueryKey0123456789";
constexpr auto kRedisPassword = "Planted7RedisPassword0123456789";
constexpr auto kKafkaPassword = "Planted8KafkaPassword0123456789";

/// A port on which connections are taken and nothing is said, or, once it is closed, nothing is taken.
class SilentPort {
public:
    SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const plain = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_, plain, size), 0);
        EXPECT_EQ(::listen(socket_, 64), 0);
        EXPECT_EQ(::getsockname(socket_, plain, &size), 0);
        port_ = ntohs(address.sin_port);
    }
    ~SilentPort() { close(); }
    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;
    void close() {
        if (socket_ >= 0) {
            ::close(std::exchange(socket_, -1));
        }
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    int socket_;
    std::uint16_t port_ = 0;
};

/// What was asked, as a server would show it.
std::string echo_of(const ServedRequest& request) {
    std::string text = request.path;
    for (const auto& [name, value] : request.query) {
        text += "?" + name + "=" + value;
    }
    for (const char* header : {"authorization", "x-api-key"}) {
        if (const auto found = request.headers.find(header); found != request.headers.end()) {
            text += std::string(" ") + header + ": " + found->second;
        }
    }
    return text;
}

ServedResponse answer(const ServedRequest& request) {
    const auto is_for = [&](const char* what) { return request.path.find(what) != std::string::npos; };
    if (is_for("VIIRS_SNPP_NRT")) {
        return {.status = 400, .body = "Invalid MAP_KEY."};
    }
    if (is_for("VIIRS_NOAA20_NRT")) {
        return {.status = 401, .body = echo_of(request)};
    }
    if (is_for("VIIRS_NOAA21_NRT")) {
        return {.status = 403, .content_type = "text/html", .body = "<html>" + echo_of(request) + "</html>"};
    }
    if (is_for("MODIS_NRT")) {
        return {.status = 302, .headers = {{"Location", "/elsewhere" + request.path}}};
    }
    if (is_for("MODIS_SP") || is_for("/elsewhere")) {
        return {.status = 500, .body = "failed: " + echo_of(request)};
    }
    if (is_for("VIIRS_SNPP_SP") || is_for("/page")) {
        return {.status = 200, .body = "what is " + echo_of(request) + "?"};
    }
    if (is_for("/v1/sensors")) {
        return {.status = 403,
                .content_type = "application/json",
                .body = json{{"error", "ApiKeyInvalidError"}, {"description", echo_of(request)}}.dump()};
    }
    return {.body = json::array({{{"self", echo_of(request)}}, {{"id", "good"}, {"self", echo_of(request)}}}).dump()};
}

class PlantedKeys : public testing::Test {
protected:
    PlantedKeys() {
        EXPECT_TRUE(api_.start().ok());
        EXPECT_TRUE(broker_.create_topic("planted", 1).ok());
        redis_.start();
        refused_.close();
        config_ = files_.write("config.yaml", config("placeholder"));
    }

    [[nodiscard]] std::string source(const std::string& name, const std::string& rest) const {
        return fmt::format(
            "  {}: {{topic: planted, timeout_seconds: 1, cache_ttl_seconds: 0, "
            "ingestion: {{mode: real_time, polling_interval_seconds: 1}}, {}}}\n",
            name, rest);
    }
    [[nodiscard]] std::string config(const std::string& late_token) const {
        const std::string api = fmt::format("http://127.0.0.1:{}", api_.port());
        std::string text = fmt::format(
            "kafka: {{bootstrap_servers: \"{}\", properties: {{sasl.username: somebody, sasl.password: {}}}}}\n"
            "redis: {{url: \"unix://:{}@{}\"}}\n"
            "admin: 127.0.0.1:0\nshadow_log: {}\nstate_directory: {}\n"
            "api_endpoints: {{nasa_firms: \"{}\", purpleair: \"{}\"}}\nsources:\n",
            broker_.bootstrap_servers(), kKafkaPassword, kRedisPassword, redis_.socket_path(),
            files_.path("shadow.jsonl"), files_.path("state"), api, api);
        for (const char* product :
             {"VIIRS_SNPP_NRT", "VIIRS_NOAA20_NRT", "VIIRS_NOAA21_NRT", "MODIS_NRT", "MODIS_SP", "VIIRS_SNPP_SP"}) {
            text += source(product, fmt::format("source_type: nasa_firms, custom_params: {{map_key: {}, product: {}}}",
                                                kMapKey, product));
        }
        text += source("air", fmt::format("source_type: purpleair, custom_params: {{api_key: {}}}", kApiKey));
        const auto web = [&](const std::string& name, const std::string& base, const std::string& path,
                             const std::string& more = {}) {
            text += source(name, fmt::format("{}source_type: http_json, custom_params: {{url: \"{}{}?appid={}\", "
                                             "natural_key: id, headers: {{Authorization: \"Bearer {}\"}}}}",
                                             more, base, path, kQueryKey, kHeaderToken));
        };
        // A host of their own: those above make their host wait, again and again.
        const std::string other_host = fmt::format("http://localhost:{}", api_.port());
        web("page", other_host, "/page");
        web("rows", other_host, "/rows");
        web("shadowed", other_host, "/rows", "shadow: true, ");
        web("silent", fmt::format("http://127.0.0.1:{}", silent_.port()), "/data");
        web("refused", fmt::format("http://127.0.0.1:{}", refused_.port()), "/data");
        web("nowhere", "http://planted.invalid", "/data");
        text +=
            source("hook", fmt::format("source_type: webhook, custom_params: {{listen: \"127.0.0.1:{}\", token: {}, "
                                       "signature_secret: {}, natural_key: id}}",
                                       refused_.port(), kWebhookToken, kSignature));
        return text + source("late", fmt::format("source_type: http_json, enabled: false, custom_params: {{url: "
                                                 "\"{}/rows?appid={}\", headers: {{X-Own: \"{}\"}}}}",
                                                 api, late_token, late_token));
    }
    [[nodiscard]] std::string log() const { return tests::content_of(files_.path("log")); }
    void await_file(ChildProcess& program, const char* file, const std::string& wanted) const {
        const auto text = [&] { return tests::content_of(files_.path(file)); };
        for (int i = 0; i < 3000 && text().find(wanted) == std::string::npos; ++i) {
            if (program.wait_for(20ms)) {
                break;
            }
        }
        EXPECT_THAT(text(), testing::HasSubstr(wanted)) << file;
    }
    void await_log(ChildProcess& program, const std::string& wanted) const { await_file(program, "log", wanted); }
    std::string page(const std::string& url) const {
        CurlHttpClient http({});
        const auto page = http.get({.url = url}, {});
        return page ? page.value().body : page.error().message;
    }
    std::string dead_letters(const std::string& source, std::size_t count) {
        std::string all;
        for (const auto& record :
             testing_support::await_records(broker_.bootstrap_servers(), "planted." + source + ".dlq", count, 30s)) {
            all += record.key.value_or("") + record.payload.value_or("") + "\n";
            for (const auto& header : record.headers) {
                all += fmt::format("{}: {}\n", header.name, header.value.value_or(""));
            }
        }
        EXPECT_FALSE(all.empty()) << source;
        return all;
    }
    /// All files that the program wrote.
    void add_files(std::map<std::string, std::string>& written) const {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(files_.path("."))) {
            if (entry.is_regular_file() && entry.path().filename() != "config.yaml") {
                written[entry.path().string()] = tests::content_of(entry.path().string());
            }
        }
    }

    tests::ConfigFiles files_{};
    EmbeddedBroker broker_{};
    HttpServer api_{{}, answer};
    testing_support::RedisServer redis_{{"--requirepass", kRedisPassword}};
    SilentPort silent_{};
    SilentPort refused_{};
    std::string config_{};
};

void expect_no_key(const std::map<std::string, std::string>& written) {
    for (const auto& [where, text] : written) {
        EXPECT_FALSE(text.empty()) << where;
        for (const char* key :
             {kMapKey, kApiKey, kWebhookToken, kSignature, kHeaderToken, kQueryKey, kRedisPassword, kKafkaPassword}) {
            const std::size_t at = text.find(key);
            EXPECT_EQ(at, std::string::npos)
                << key << " is in " << where << ": " << text.substr(at - std::min<std::size_t>(at, 200), 400);
        }
        EXPECT_EQ(text.find("Planted"), std::string::npos) << "part of a key is in " << where;
    }
}

TEST_F(PlantedKeys, AreInNothingThatIsWritten) {
    std::map<std::string, std::string> written;
    ChildProcess program({TRIBUTARY_INGEST, "--config", config_}, files_.path("log"));
    await_log(program, "admin endpoint on port ");
    for (const char* source : {"VIIRS_SNPP_NRT", "VIIRS_NOAA20_NRT", "VIIRS_NOAA21_NRT", "MODIS_NRT", "MODIS_SP",
                               "VIIRS_SNPP_SP", "air", "page", "silent", "refused", "nowhere"}) {
        await_log(program, fmt::format("source {}: ", source));
    }
    await_file(program, "shadow.jsonl", "good");
    written["dead letters of pages"] = dead_letters("page", 1);
    written["dead letters of rows"] = dead_letters("rows", 1);
    for (const auto& record : testing_support::await_records(broker_.bootstrap_servers(), "planted", 1, 30s)) {
        written["events"] += record.payload.value_or("");
    }
    files_.write("config.yaml", config("Planted6QueryKey0123456789-second"));
    program.signal(SIGHUP);
    await_log(program, "configuration: read again after SIGHUP");
    const std::string text = log();
    const std::size_t at = text.find("admin endpoint on port ") + 23;
    const std::string admin = "http://127.0.0.1:" + text.substr(at, text.find_first_not_of("0123456789", at) - at);
    for (const char* name : {"/metrics", "/api/status", "/ready", "/live"}) {
        written[name] = page(admin + name);
    }
    program.signal(SIGTERM);
    EXPECT_EQ(program.wait_for(30s), 0) << log();

    ChildProcess check({TRIBUTARY_PROGRAM, "check", "--connect", config_}, files_.path("check"));
    EXPECT_TRUE(check.wait_for(60s).has_value());
    const std::string wrong =
        files_.write("config.yaml", config("x") + fmt::format("  wrong: {{source_type: nasa_firms, topic: 'a b', "
                                                              "custom_params: {{map_key: [{}], token: 1}}}}\n",
                                                              kMapKey));
    ChildProcess refused({TRIBUTARY_INGEST, "--config", wrong}, files_.path("refusal"));
    EXPECT_EQ(refused.wait_for(60s), 78);
    add_files(written);
    expect_no_key(written);
}

} // namespace
