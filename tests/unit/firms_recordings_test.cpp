#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/streaming/testing/service_harness.hpp"
#include "services/firms/firms.hpp"
#include "services/firms/table.hpp"
#include "services/flags.hpp"
#include "tests/support/recordings.hpp"

// Recorded tables of FIRMS, through the parser and the whole service.
namespace services::firms {
namespace {

using testing::ElementsAre;

/// Keys of all rows of a recorded body; a bad row is a failure.
std::vector<std::string> keys(const std::string& body) {
    std::vector<std::string> all;
    Table table(body);
    while (const auto row = table.next()) {
        EXPECT_TRUE(row->detection.has_value()) << row->problem << ": " << row->text;
        all.push_back(row->detection ? natural_key(*row->detection) : "");
    }
    return all;
}

struct Recording {
    const char* path;
    std::size_t rows;
};
class FirmsRecording : public testing::TestWithParam<Recording> {};

TEST_P(FirmsRecording, LosesNoRowAndEveryKeyIsUnique) {
    TRIBUTARY_NEEDS_RECORDING(GetParam().path);
    const auto all = keys(recordings::read(GetParam().path));
    EXPECT_EQ(all.size(), GetParam().rows);
    EXPECT_EQ(std::set(all.begin(), all.end()).size(), GetParam().rows);
}
INSTANTIATE_TEST_SUITE_P(All, FirmsRecording,
                         testing::Values(Recording{"firms/MODIS_C6_1_Global_24h_2022-02-27.csv", 19416},
                                         Recording{"firms/SUOMI_VIIRS_C2_Europe_7d_2022-09-05.csv", 5968},
                                         Recording{"firms/area_api/MODIS_NRT_india_2026-10-01.csv", 26},
                                         Recording{"firms/area_api/VIIRS_NOAA21_NRT_india_2026-10-01_first36rows.csv",
                                                   36}),
                         [](const auto& file) { return "File" + std::to_string(file.index); });

/// How many keys of each body were in none before it.
std::vector<std::size_t> new_keys(const std::vector<std::string>& bodies) {
    std::set<std::string> seen;
    std::vector<std::size_t> counts;
    for (const std::string& body : bodies) {
        const std::size_t before = seen.size();
        for (std::string& key : keys(body)) {
            seen.insert(std::move(key));
        }
        counts.push_back(seen.size() - before);
    }
    return counts;
}

TEST(FirmsRecordings, LongerFilesAddOnlyWhatTheShorterOnesLack) {
    TRIBUTARY_NEEDS_RECORDING("firms/SUOMI_VIIRS_C2_Europe_48h_2022-09-05.csv");
    EXPECT_THAT(new_keys({recordings::read("firms/SUOMI_VIIRS_C2_Europe_24h_2022-09-05.csv"),
                          recordings::read("firms/SUOMI_VIIRS_C2_Europe_48h_2022-09-05.csv"),
                          recordings::read("firms/SUOMI_VIIRS_C2_Europe_7d_2022-09-05.csv")}),
                ElementsAre(1205, 607, 4156));
}

/// A stored poll of somebody who joined all products and renamed the columns, taken apart again: the rows of one
/// family.
std::string area_answer(const std::string& poll, bool modis) {
    std::string body = std::string("latitude,longitude,") + (modis ? "brightness" : "bright_ti4") +
                       ",acq_date,acq_time,satellite,confidence,version,frp,daynight\n";
    std::istringstream lines(poll);
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
        std::vector<std::string> cell;
        std::istringstream cells(line);
        for (std::string one; std::getline(cells, one, ',');) {
            cell.push_back(one);
        }
        if (cell.at(7).starts_with("MODIS") == modis) {
            const std::string& at = cell[2];
            body += cell[0] + "," + cell[1] + ",300," + at.substr(0, 10) + "," + at.substr(11, 2) + at.substr(14, 2) +
                    "," + cell[4] + "," + cell[5] + ",NRT," + cell[3] + "," + cell[6] + "\n";
        }
    }
    return body;
}

TEST(FirmsRecordings, PollsOfAGrowingDayAddOnlyWhatIsNew) {
    TRIBUTARY_NEEDS_RECORDING("firms/repolls/fires_2026-07-31T0017Z.csv");
    std::vector<std::string> viirs;
    std::vector<std::string> modis;
    for (const char* time : {"0017", "0357", "0717", "1001"}) {
        const std::string poll = recordings::read(std::string("firms/repolls/fires_2026-07-31T") + time + "Z.csv");
        viirs.push_back(area_answer(poll, false));
        modis.push_back(area_answer(poll, true));
    }
    auto counts = new_keys(viirs);
    const auto more = new_keys(modis);
    std::ranges::transform(counts, more, counts.begin(), std::plus());
    EXPECT_THAT(counts, ElementsAre(0, 779, 2449, 2767));
}

} // namespace
} // namespace services::firms
