#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "core/streaming/infrastructure/curl_http_client.hpp"
#include "core/streaming/infrastructure/embedded_broker.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/config_files.hpp"
#include "tests/support/kafka_reader.hpp"
#include "tests/support/mosquitto_broker.hpp"
#include "tests/support/raw_client.hpp"

// The program tributary_ingest with sources that are pushed to: a real MQTT broker, and callers of a webhook.
namespace {

using namespace std::chrono_literals;
using namespace streaming;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing_support::ChildProcess;
using testing_support::RawClient;

class PushProgram : public testing::Test {
protected:
    PushProgram() {
        EXPECT_TRUE(kafka_.create_topic("readings", 1).ok());
        EXPECT_TRUE(kafka_.create_topic("hooks", 1).ok());
        config_ =
            files_.write("push.yaml", fmt::format(R"(kafka: {{bootstrap_servers: "{}"}}
admin: 127.0.0.1:{}
sources:
  devices:
    source_type: iot_sensor
    topic: readings
    custom_params: {{url: "mqtt://127.0.0.1:{}", topics: "sensors/{{device}}/t"}}
  hook:
    source_type: webhook
    topic: hooks
    custom_params: {{listen: "127.0.0.1:{}", path: /hook, token: s3cret, natural_key: id, acknowledge_timeout_seconds: 2}}
)",
                                                  kafka_.bootstrap_servers(), admin_port_, mqtt_.port(), hook_port_));
        // Retained: it comes as soon as the program has subscribed.
        mqtt_.publish("sensors/d0/t", R"({"seq":0})", true);
    }
    ChildProcess start() { return ChildProcess({TRIBUTARY_INGEST, "--config", config_}, files_.path("log")); }
    std::string log() const {
        std::ifstream file(files_.path("log"));
        return {std::istreambuf_iterator<char>(file), {}};
    }
    /// The Kafka keys, or ids, of a topic that has at least so many.
    std::multiset<std::string> on_topic(const std::string& topic, std::size_t count, const char* member) {
        std::multiset<std::string> all;
        for (const auto& record :
             testing_support::await_records(kafka_.bootstrap_servers(), topic, count, std::chrono::seconds(30))) {
            const json event = json::parse(record.payload.value_or("null"));
            all.insert(event.at("data").contains(member) ? event.at("data").at(member).dump() : "");
        }
        return all;
    }
    std::string post(const std::string& body) const {
        return RawClient(hook_port_)
            .post("/hook", body, "Authorization: Bearer s3cret\r\nContent-Type: application/json\r\n");
    }
    /// As a caller does: again until it is taken; and once more, a duplicate.
    void post_until_taken(ChildProcess& program, const std::string& body) {
        for (int tries = 0, taken = 0; taken < 2; ++tries) {
            ASSERT_LT(tries, 500) << log();
            taken += post(body).starts_with("HTTP/1.1 202 ") ? 1 : 0;
            ASSERT_FALSE(program.wait_for(20ms)) << log();
        }
    }
    /// Waits until a source has so many records.
    void await_consumed(ChildProcess& program, const std::string& source, int count) {
        const std::regex wanted("tributary_records_consumed_total\\{[^}]*flow=\"" + source + "\"[^}]*\\} ([0-9]+)");
        CurlHttpClient http({});
        for (int i = 0; i < 500; ++i) {
            const auto page = http.get({.url = fmt::format("http://127.0.0.1:{}/metrics", admin_port_)}, {});
            std::smatch found;
            if (page && std::regex_search(page.value().body, found, wanted) && std::stoi(found[1]) >= count) {
                return;
            }
            ASSERT_FALSE(program.wait_for(20ms)) << log();
        }
        ADD_FAILURE() << source << " has no " << count << " records:\n" << log();
    }

    tests::ConfigFiles files_{};
    EmbeddedBroker kafka_{};
    testing_support::MosquittoBroker mqtt_{};
    const std::uint16_t admin_port_ = testing_support::free_port();
    const std::uint16_t hook_port_ = testing_support::free_port();
    std::string config_{};
};

TEST_F(PushProgram, SendsWhatDevicesAndCallersPush) {
    ChildProcess program = start();
    (void)on_topic("readings", 1, "seq");
    std::multiset<std::string> expected{"0"};
    for (int i = 1; i <= 20; ++i) {
        mqtt_.publish("sensors/d1/t", fmt::format(R"({{"seq":{}}})", i));
        expected.insert(std::to_string(i));
    }
    EXPECT_EQ(on_topic("readings", 21, "seq"), expected);
    post_until_taken(program, R"([{"id":1},{"id":2}])");
    EXPECT_EQ(on_topic("hooks", 2, "id"), (std::multiset<std::string>{"1", "2"}));
    program.signal(SIGTERM);
    EXPECT_EQ(program.wait_for(30s), 0) << log();
    EXPECT_THAT(log(), Not(HasSubstr("s3cret")));
}

/// What was read and not yet sent when the process was killed is sent by the next one.
TEST_F(PushProgram, LosesNothingWhenItIsKilledBetweenReceivingAndSending) {
    ChildProcess program = start();
    (void)on_topic("readings", 1, "seq");
    post_until_taken(program, R"({"id":1})");
    kafka_.set_down(true);
    std::set<std::string> expected{"0"};
    for (int i = 1; i <= 20; ++i) {
        mqtt_.publish("sensors/d1/t", fmt::format(R"({{"seq":{}}})", i));
        expected.insert(std::to_string(i));
    }
    await_consumed(program, "devices", 2);
    EXPECT_THAT(post(R"({"id":2})"), StartsWith("HTTP/1.1 503 ")); // nothing is promised
    program.kill9();
    kafka_.set_down(false);
    ChildProcess next = start();
    post_until_taken(next, R"({"id":2})");
    const auto seqs = on_topic("readings", 21, "seq");
    EXPECT_EQ(std::set(seqs.begin(), seqs.end()), expected);
    const auto ids = on_topic("hooks", 2, "id");
    EXPECT_EQ(std::set(ids.begin(), ids.end()), (std::set<std::string>{"1", "2"}));
}

} // namespace
