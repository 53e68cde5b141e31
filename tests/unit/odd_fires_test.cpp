// The same of FIRMS, and what both share.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "services/contested.hpp"
#include "services/shown.hpp"
#include "tests/support/answer_reports.hpp"

namespace {

using answer_reports::data;
using answer_reports::reason;
using answer_reports::report;
using testing::ElementsAre;
using testing::SizeIs;

constexpr auto kViirs = "latitude,longitude,bright_ti4,acq_date,acq_time,satellite,confidence,version,frp,daynight\n";
constexpr auto kModis = "latitude,longitude,brightness,acq_date,acq_time,satellite,confidence,version,frp,daynight\n";

std::string viirs(const std::string& satellite, const std::string& date = "2025-10-01",
                  const std::string& brightness = "300") {
    return "1,2," + brightness + ',' + date + ",24," + satellite + ",n,2.0NRT,1,D\n";
}
std::string modis(const std::string& satellite, const std::string& date = "2025-10-01",
                  const std::string& brightness = "300") {
    return "1,2," + brightness + ',' + date + ",24," + satellite + ",70,6.1NRT,1,D\n";
}

TEST(OddFires, OneSatelliteHasOneNameHoweverItIsWritten) {
    struct Names {
        const char* header;
        std::string (*row)(const std::string&, const std::string&, const std::string&);
        const char* name;
        std::vector<const char*> names;
    };
    for (const auto& [header, row, name, names] :
         std::vector<Names>{{kViirs, viirs, "N20", {"1", "N20", "01", "1.0", "n20", "NOAA-20", "noaa20"}},
                            {kViirs, viirs, "N21", {"2", "N21", "2.0", "NOAA-21"}},
                            {kViirs, viirs, "N", {"N", "n", "NPP", "Suomi-NPP"}},
                            {kModis, modis, "Terra", {"T", "t", "Terra", "terra", "TERRA"}},
                            {kModis, modis, "Aqua", {"A", "a", "Aqua", "aqua"}}}) {
        std::set<std::string> ids;
        for (const char* written : names) {
            const auto read = report("nasa_firms", header + row(written, "2025-10-01", "300"));
            EXPECT_EQ(reason(read), "") << written;
            EXPECT_EQ(data(read).at("satellite"), name);
            ids.insert(read.rows.at(0).id);
        }
        EXPECT_THAT(ids, SizeIs(1)) << name;
    }
}

TEST(OddFires, AreRejectedForAReasonThatSaysWhatIsAllowed) {
    const std::string in_viirs = " is not a satellite with VIIRS: N (Suomi NPP), N20 (1, NOAA-20) or N21 (2, NOAA-21)";
    const std::string in_modis = " is not a satellite with MODIS: Terra (T) or Aqua (A)";
    for (const auto& [body, why] : std::vector<std::pair<std::string, std::string>>{
             {kViirs + viirs("Foo"), "satellite: 'Foo'" + in_viirs},
             {kViirs + viirs("T"), "satellite: 'T'" + in_viirs},
             {kViirs + viirs("3"), "satellite: '3'" + in_viirs},
             {kViirs + viirs(""), "satellite: ''" + in_viirs},
             {kModis + modis("N20"), "satellite: 'N20'" + in_modis},
             {kModis + modis("Te\"rra"), "satellite: 'Te\"rra'" + in_modis},
             {kViirs + viirs(std::string("N\0x", 3)), "satellite: 'N\\x00x'" + in_viirs},
             {kViirs + viirs(std::string(5000, 'x')),
              "satellite: '" + std::string(100, 'x') + "'... (5000 bytes)" + in_viirs},
             {kModis + modis("Terra", "1970-01-01"),
              "acq_date: '1970-01-01' is not a day since 2000-11-01, when fires of Terra begin"},
             {kViirs + viirs("N", "2012-01-19"),
              "acq_date: '2012-01-19' is not a day since 2012-01-20, when fires of N begin"},
             {kViirs + viirs("N", "2025-10-01", "0"), "bright_ti4: '0' is not a number from 100 to 2000"},
             {kViirs + viirs("N", "2025-10-01", "10000"), "bright_ti4: '10000' is not a number from 100 to 2000"}}) {
        EXPECT_EQ(reason(report("nasa_firms", body)), "row 1, line 2: " + why);
    }
}

TEST(OddFires, AVersionIsOneWithACommaToo) {
    std::string header = kModis;
    std::ranges::replace(header, ',', ';');
    const auto read = report("nasa_firms", header + "1;2;300;2025-10-01;24;Terra;70;6,1NRT;1;D\n");
    EXPECT_EQ(data(read).at("version"), "6.1NRT");
}

TEST(OddFires, ThatAreToldInTwoWaysAreToldInOneWhateverTheirOrder) {
    const std::string one = "1,2,300,2025-10-01,24,N,n,2.0NRT,1,D\n";
    const std::string two = "1,2,300,2025-10-01,24,N,n,2.0NRT,7,D\n";
    const auto forth = report("nasa_firms", kViirs + one + two + two);
    const auto back = report("nasa_firms", kViirs + two + two + one);
    EXPECT_EQ(forth.rows.size(), 3U);
    EXPECT_EQ(forth.events(), 2U);
    EXPECT_EQ(forth.distinct_events(), 1U);
    EXPECT_EQ(forth.rows[0].rejected, "row 1, line 2: is the fire of row 2 with other values: that one counts");
    EXPECT_EQ(back.rows[2].rejected, "row 3, line 4: is the fire of row 1 with other values: that one counts");
    EXPECT_EQ(data(forth, 1), data(back, 0));
}

TEST(OddFires, AMissingColumnIsThatOfItsInstrument) {
    const auto why = [](const std::string& header) { return report("nasa_firms", header + "\n1,2").reason; };
    EXPECT_EQ(why("latitude,longitude,bright_ti5"), "the FIRMS table has no column bright_ti4");
    EXPECT_EQ(why("latitude,longitude,bright_t31"), "the FIRMS table has no column brightness");
    EXPECT_EQ(why("latitude,longitude"),
              "the FIRMS table has no column bright_ti4 (VIIRS), brightness (MODIS), or path and row (LANDSAT)");
}

// --- what they share

TEST(ShownValues, AreShortAndPrintable) {
    EXPECT_EQ(services::shown("north"), "'north'");
    EXPECT_EQ(services::shown(std::string("a\0\n\xFF", 4)), "'a\\x00\\x0a\xEF\xBF\xBD'");
    EXPECT_THAT(services::shown(std::string(10'000'000, 'x')), SizeIs(testing::Lt(130U)));
    EXPECT_EQ(services::shown_json(nullptr), "null");
    EXPECT_EQ(services::shown_json("x"), "'x'");
}

TEST(ContestedRows, OfOneKeyTheGreatestContentCountsAndEqualOnesAll) {
    EXPECT_THAT(services::counting_rows({{"a", "1"}, {"b", "5"}, {"a", "3"}, {"a", "2"}, {"a", "3"}}),
                ElementsAre(2, 1, 2, 2, 4));
    EXPECT_THAT(services::counting_rows({}), testing::IsEmpty());
}

} // namespace
