#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/service_harness.hpp"
#include "services/firms/detection.hpp"
#include "services/firms/firms.hpp"
#include "services/flags.hpp"

namespace services::firms {
namespace {

const std::string kHeader =
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,"
    "daynight\n";

TEST(FirmsRevisions, AreSentForEachOtherContentOfADetection) {
    streaming::Settings settings{.flags = defaults(firms::flags())};
    settings.flags["map-key"] = "secret";
    settings.flags["api"] = "http://firms";
    streaming::ServiceHarness service(wire, settings);
    const auto poll = [&service](const std::string& brightness, const std::string& frp) {
        service.platform().web().answer("http://firms/api/area/csv/secret/VIIRS_SNPP_NRT/world/2",
                                        kHeader + "10.5,20.5," + brightness + ",0,0,2025-10-01,24,N,VIIRS,n,2,280," +
                                            frp + ",D\n10.6,20.5,300,0,0,2025-10-01,24,N,VIIRS,n,2,280,1,D");
        service.poll_sources();
    };
    poll("300", "1");
    poll("300.0", "1.00"); // the same, written otherwise
    poll("300", "2");
    poll("300", "2");
    poll("300", "1");
    const auto sent = service.sent("wildfire-nasa-firms");
    ASSERT_EQ(sent.size(), 4U);
    EXPECT_EQ(sent[2].envelope.type, "wildfire.detection.revised");
    EXPECT_EQ(sent[2].key, "10_20");
    EXPECT_EQ(sent[2].as<DetectionRevised>().frp_mw, 2);
    EXPECT_EQ(sent[2].as<DetectionRevised>().revision, 1U);
    EXPECT_EQ(sent[3].as<DetectionRevised>().frp_mw, 1);
    EXPECT_EQ(sent[3].as<DetectionRevised>().revision, 2U);
    EXPECT_NE(sent[3].as<DetectionRevised>().revises, sent[2].as<DetectionRevised>().revises);
}

} // namespace
} // namespace services::firms
