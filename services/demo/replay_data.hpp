#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace services::demo {

/// What the outside world says in the demonstration: recorded answers where there are some, else sample answers.
/// Not changed after loading, then thread-safe.
class ReplayData {
public:
    /// From `folder`: nws/observations/<station>_*.json, firms/*.csv, ticks/*.csv. What is not there is made up.
    [[nodiscard]] static ReplayData load(const std::filesystem::path& folder);
    /// The folder to load: the one asked for, else ../shared/data if there is such, else none.
    [[nodiscard]] static std::filesystem::path choose_folder(const std::string& asked_for);

    [[nodiscard]] std::string observation(const std::string& station, std::size_t poll) const;
    [[nodiscard]] std::string fires(const std::string& product, std::size_t poll) const;
    [[nodiscard]] double price(std::size_t tick) const;

    [[nodiscard]] const std::vector<std::string>& stations() const { return stations_; }
    /// One line for the user.
    [[nodiscard]] const std::string& origin() const { return origin_; }

private:
    std::map<std::string, std::string> observations_{}; ///< by station
    std::map<std::string, std::vector<std::string>>
        fires_{}; ///< by family, shortest first: each repeats those before it
    std::vector<double> prices_{};
    std::vector<std::string> stations_{};
    std::string origin_{};
};

} // namespace services::demo
