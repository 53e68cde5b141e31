#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/streaming/ingestion/mqtt_connector.hpp"
#include "services/ingest/mqtt_topic.hpp"
#include "services/ingest/source_types.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using streaming::SourceRow;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

TEST(MqttTopic, NamesADeviceByItsPlace) {
    const MqttTopic topic("sensors/{device}/reading");
    EXPECT_EQ(topic.filter(), "sensors/+/reading");
    EXPECT_EQ(topic.device_of("sensors/d1/reading"), "d1");
    for (const char* other : {"sensors/d1", "sensors//reading", "sensors/d1/reading/x", "other/d1/reading", ""}) {
        EXPECT_EQ(topic.device_of(other), std::nullopt) << other;
    }
    EXPECT_EQ(MqttTopic("{device}/#").device_of("d1/a/b"), "d1");
    EXPECT_EQ(MqttTopic("{device}/#").device_of("d1"), "d1");
    EXPECT_EQ(MqttTopic("a/+/{device}").device_of("a/x/d1"), "d1");
    EXPECT_EQ(MqttTopic("a/+").device_of("a/x"), std::nullopt);
    EXPECT_EQ(MqttTopic("#").filter(), "#");
}

TEST(MqttTopic, IsRefusedWhenItIsNone) {
    for (const char* wrong : {"", "a/b+/c", "#/a", "a#", "{device}/{device}"}) {
        EXPECT_THROW(MqttTopic{wrong}, std::invalid_argument) << wrong;
    }
}

class IotMqtt : public SourceTypeFixture {
protected:
    IotMqtt() {
        add_source_types(types_);
        settings_.source_type = "iot_sensor";
    }
    std::vector<SourceRow> rows(const std::vector<streaming::MqttMessage>& messages,
                                std::map<std::string, json> more = {}) {
        std::map<std::string, json> params{{"url", "mqtt://127.0.0.1"}, {"topics", {"sensors/{device}/t", "all/#"}}};
        params.merge(more);
        auto parts = make(std::move(params));
        return handle(parts.handler, {.body = streaming::mqtt_body(messages)});
    }
    static json data(const SourceRow& row) { return json::parse(row.payload).at("data"); }
    std::string with(const char* name, const json& value) {
        std::map<std::string, json> params{{"url", "mqtt://h"}, {"topics", "a"}};
        params[name] = value;
        return problem(params);
    }
};

TEST_F(IotMqtt, AReadingIsOfTheDeviceThatItOrItsTopicNames) {
    const auto all = rows({{"sensors/d1/t", R"({"t":1,"seq":5})"},
                           {"sensors/d1/t", R"({"t":1,"seq":5,"device_id":"d2"})"},
                           {"all/x", R"([{"device":"d3","ts":1},{"device":"d4","ts":1}])"},
                           {"sensors/d5/t", "21.5"}});
    ASSERT_THAT(all, SizeIs(5));
    EXPECT_EQ(all[0].key, "d1");
    EXPECT_EQ(data(all[0]), json({{"t", 1}, {"seq", 5}, {"device_id", "d1"}}));
    EXPECT_EQ(all[1].key, "d2");
    EXPECT_EQ(all[3].key, "d4");
    EXPECT_EQ(data(all[4]), json({{"value", 21.5}, {"device_id", "d5"}}));
    EXPECT_EQ(rows({{"sensors/d1/t", R"({"t":2,"seq":5})"}}).at(0).id, all[0].id);
}

TEST_F(IotMqtt, AMessageThatCannotBeUnderstoodIsRejectedAlone) {
    const auto all =
        rows({{"all/x", "\xFF{"}, {"all/x", R"({"t":1})"}, {"all/x", "7"}, {"all/x", R"({"id":"d","ts":1})"}});
    ASSERT_THAT(all, SizeIs(4));
    EXPECT_EQ(all[0].rejected, "topic all/x: the answer is no JSON");
    EXPECT_EQ(all[0].payload, "\xFF{");
    EXPECT_THAT(*all[1].rejected, HasSubstr("device_id: the reading has no text"));
    EXPECT_THAT(*all[2].rejected, HasSubstr("topic all/x: the answer is neither an array of records"));
    EXPECT_EQ(all[3].rejected, std::nullopt);
}

TEST_F(IotMqtt, NamesWhatIsWrongAndShowsNoSecret) {
    EXPECT_THAT(problem({{"url", "mqtt://h"}}), HasSubstr("custom_params.topics: must be given"));
    for (const char* url : {"mqtt://", "mqtt://h:x", "mqtt://h:0", "mqtts://u:s3cret@h", "mqtt://h/path"}) {
        EXPECT_THAT(with("url", url),
                    AllOf(HasSubstr("custom_params.url: is not mqtt://host:port"), Not(HasSubstr("s3cret"))))
            << url;
    }
    EXPECT_THAT(with("topics", "a#"), HasSubstr("custom_params.topics: 'a#' is not a topic such as"));
    EXPECT_THAT(with("qos", 2), HasSubstr("custom_params.qos: 2 is not a whole number from 0 to 1"));
    EXPECT_THAT(with("mqtt_version", "4"), HasSubstr("custom_params.mqtt_version"));
    EXPECT_THAT(with("headers", json::object()), HasSubstr("custom_params.headers: is not known here"));
    EXPECT_THAT(with("password", 7), HasSubstr("custom_params.password: is not a text"));
    EXPECT_EQ(with("receive_maximum", 10), "");
    endpoint_ = "mqtts://broker:8883/";
    EXPECT_EQ(problem({{"topics", "a"}}), "");
}

} // namespace
} // namespace services::ingest
