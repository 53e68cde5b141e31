#include "services/demo/replay_data.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "services/demo/sample_answers.hpp"

namespace services::demo {
namespace {

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Files of a folder, by name; none when there is no such folder.
std::vector<std::filesystem::path> files(const std::filesystem::path& folder, const std::string& extension) {
    std::vector<std::filesystem::path> found;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
        if (entry.path().extension() == extension) {
            found.push_back(entry.path());
        }
    }
    std::ranges::sort(found);
    return found;
}

/// "2022-11-29 09:00:16,18633.5" -> 18633.5; lines of other shapes are passed over.
void append_prices(const std::filesystem::path& path, std::vector<double>& prices) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t comma = line.find(',');
        const double price = comma == std::string::npos ? 0 : std::strtod(line.c_str() + comma + 1, nullptr);
        if (price > 0 && std::isfinite(price)) {
            prices.push_back(price);
        }
    }
}

} // namespace

std::filesystem::path ReplayData::choose_folder(const std::string& asked_for) {
    if (!asked_for.empty()) {
        if (!std::filesystem::is_directory(asked_for)) {
            throw std::invalid_argument("--data: there is no folder '" + asked_for + "'");
        }
        return asked_for;
    }
    const std::filesystem::path usual = std::filesystem::path("..") / "shared" / "data";
    return std::filesystem::is_directory(usual) ? usual : std::filesystem::path();
}

ReplayData ReplayData::load(const std::filesystem::path& folder) {
    ReplayData data;
    if (!folder.empty()) {
        for (const auto& path : files(folder / "nws" / "observations", ".json")) {
            const std::string name = path.filename().string();
            data.observations_[name.substr(0, name.find('_'))] = read(path);
        }
        for (const auto& path : files(folder / "firms", ".csv")) {
            std::string body = read(path);
            const bool modis = body.substr(0, body.find('\n')).find("bright_ti4") == std::string::npos;
            data.fires_[modis ? "MODIS" : "VIIRS"].push_back(std::move(body));
        }
        for (auto& [family, bodies] : data.fires_) {
            std::ranges::sort(bodies, {}, &std::string::size);
        }
        if (const auto ticks = files(folder / "ticks", ".csv"); !ticks.empty()) {
            append_prices(ticks.front(), data.prices_);
        }
    }
    for (const auto& [station, body] : data.observations_) {
        data.stations_.push_back(station);
    }
    if (data.stations_.empty()) {
        data.stations_ = {"KBHM", "KLIT", "KFLG", "KTCL"};
    }
    data.origin_ = data.observations_.empty() && data.fires_.empty() && data.prices_.empty()
                       ? "answers made up by the demo"
                       : fmt::format("recordings of {}: {} stations, {} fire tables, {} prices", folder.string(),
                                     data.observations_.size(),
                                     data.fires_["VIIRS"].size() + data.fires_["MODIS"].size(), data.prices_.size());
    return data;
}

std::string ReplayData::observation(const std::string& station, std::size_t poll) const {
    const auto found = observations_.find(station);
    return found == observations_.end() ? sample_observation(station, poll) : found->second;
}

std::string ReplayData::fires(const std::string& product, std::size_t poll) const {
    const auto found = fires_.find(product.starts_with("MODIS") ? "MODIS" : "VIIRS");
    return found == fires_.end() || found->second.empty() ? sample_fires(product, poll)
                                                          : found->second[std::min(poll, found->second.size() - 1)];
}

double ReplayData::price(std::size_t tick) const {
    if (!prices_.empty()) {
        return prices_[tick % prices_.size()];
    }
    const double at = static_cast<double>(tick);
    return std::round((18'600 + 40 * std::sin(at / 300) + 9 * std::sin(at / 17)) * 20) / 20; // in steps of 0.05
}

} // namespace services::demo
