#include "services/iot/iot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/service_harness.hpp"
#include "services/flags.hpp"

namespace services::iot {
namespace {

using testing::HasSubstr;

streaming::Settings settings(const std::string& url) {
    streaming::Settings settings{.flags = defaults(iot::flags())};
    settings.flags["url"] = url;
    settings.flags["device-id"] = "device";
    return settings;
}

TEST(Iot, SendsTheReadingsOfSensorsByDevice) {
    streaming::ServiceHarness service(wire, settings("http://sensors/latest"));
    service.platform().web().answer("http://sensors/latest", R"([{"device":"a","t":1},{"device":"b","t":2},{"t":3}])");
    service.drain();
    const auto sent = service.sent("wildfire-iot-sensors");
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].key, "a");
    EXPECT_EQ(sent[0].envelope.type, "iot.reading.recorded");
    EXPECT_EQ(service.sent("wildfire-iot-sensors.iot_sensors.dlq").size(), 1U);
}

TEST(Iot, NamesTheFlagThatIsWrong) {
    streaming::ServiceHarness service(wire, settings(""));
    try {
        service.start();
        ADD_FAILURE() << "accepted";
    } catch (const streaming::ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("flag --url: must be given"));
    }
}

} // namespace
} // namespace services::iot
