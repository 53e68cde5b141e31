#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/recordings.hpp"

namespace recordings {

/// The recorded polls of FIRMS (firms/repolls), whose columns another project had changed, as the area API gives them:
/// one answer for each product. Times lose their leading zeros, as they do there; what those columns lack is made up.
inline std::map<std::string, std::string> area_api_bodies(const std::string& path) {
    std::map<std::string, std::string> bodies;
    std::istringstream lines(read(path));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
        std::vector<std::string> cells;
        std::istringstream row(line);
        for (std::string cell; std::getline(row, cell, ',');) {
            cells.push_back(cell);
        }
        // latitude,longitude,acq_datetime,frp,satellite,confidence,daynight,source,weight
        const std::string& time = cells.at(2); // 2026-07-31T06:50:00Z
        const bool modis = cells.at(7).starts_with("MODIS");
        std::string& body = bodies[cells.at(7)];
        if (body.empty()) {
            body = std::string("latitude,longitude,") + (modis ? "brightness" : "bright_ti4") +
                   ",scan,track,acq_date,acq_time,satellite,instrument,confidence,version," +
                   (modis ? "bright_t31" : "bright_ti5") + ",frp,daynight\n";
        }
        body += cells[0] + ',' + cells[1] + ",300,1,1," + time.substr(0, 10) + ',' +
                std::to_string(std::stoi(time.substr(11, 2) + time.substr(14, 2))) + ',' + cells[4] + ',' +
                (modis ? "MODIS" : "VIIRS") + ',' + cells[5] + ',' + (modis ? "6.1NRT" : "2.0NRT") + ",280," +
                cells[3] + ',' + cells[6] + '\n';
    }
    return bodies;
}

} // namespace recordings
