#include "services/firms/revisions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/service_harness.hpp"
#include "services/firms/firms.hpp"
#include "services/flags.hpp"

namespace services::firms {
namespace {

constexpr auto kHeader =
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,"
    "daynight\n";

TEST(FirmsRevisions, AreSentForEachOtherContentOfADetection) {
    streaming::Settings settings{.flags = defaults(firms::flags())};
    settings.flags["map-key"] = "secret";
    settings.flags["api"] = "http://firms";
    streaming::ServiceHarness service(wire, settings);
    const auto poll = [&service](const std::string& brightness, const std::string& frp) {
        service.platform().web().answer("http://firms/api/area/csv/secret/VIIRS_SNPP_NRT/world/2",
                                        std::string(kHeader) + "10.5,20.5," + brightness +
                                            ",0,0,2026-10-01,24,N,VIIRS,n,2,280," + frp +
                                            ",D\n10.6,20.5,300,0,0,2026-10-01,24,N,VIIRS,n,2,280,1,D");
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
    EXPECT_EQ(sent[3].as<DetectionRevised>().frp_mw, 1);
}

TEST(FirmsRevisions, ForgetWhatIsNoLongerInTheAnswers) {
    Revisions revisions;
    const Detection fire{.frp_mw = 1};
    const Detection stronger{.frp_mw = 2};
    EXPECT_FALSE(revisions.is_revised("a", fire));
    revisions.end_of_answer();
    EXPECT_TRUE(revisions.is_revised("a", stronger));
    revisions.end_of_answer();
    revisions.end_of_answer();
    EXPECT_FALSE(revisions.is_revised("a", fire));
}

TEST(FirmsRevisions, ForgetNothingOfALargeAnswer) {
    Revisions revisions;
    std::size_t revised = 0;
    for (const double frp : {1.0, 1.0, 2.0}) {
        for (int i = 0; i < 10'000; ++i) {
            revised += revisions.is_revised(std::to_string(i), Detection{.frp_mw = frp}) ? 1 : 0;
        }
        revisions.end_of_answer();
        EXPECT_EQ(revised, frp > 1 ? 10'000U : 0U);
    }
}

TEST(FirmsRevisions, SeeEveryChange) {
    const auto changed = [](auto member, auto value) {
        Revisions revisions;
        Detection fire{.confidence = "low", .confidence_percent = 1};
        (void)revisions.is_revised("a", fire);
        fire.*member = value;
        return revisions.is_revised("a", fire);
    };
    EXPECT_TRUE(changed(&Detection::frp_mw, 1.5));
    EXPECT_TRUE(changed(&Detection::brightness_k, 1.5));
    EXPECT_TRUE(changed(&Detection::confidence, "high"));
    EXPECT_TRUE(changed(&Detection::confidence_percent, 2));
    EXPECT_TRUE(changed(&Detection::version, "2"));
    EXPECT_FALSE(changed(&Detection::frp_mw, 0.0));
}

} // namespace
} // namespace services::firms
