#pragma once

#include <map>
#include <string>

#include "core/streaming/infrastructure/http_server.hpp"
#include "services/demo/replay_data.hpp"

namespace services::demo {

/// Plays api.weather.gov and the FIRMS area API on a loopback port. Some answers are bad on purpose, as the real ones
/// are. Borrows the data, which must outlive it.
class ReplayServer {
public:
    explicit ReplayServer(const ReplayData& data);
    /// Throws std::runtime_error when there is no port.
    void start();
    [[nodiscard]] std::string url() const;

private:
    [[nodiscard]] streaming::ServedResponse answer(const std::string& path);
    [[nodiscard]] streaming::ServedResponse observation(const std::string& station, std::size_t poll) const;
    [[nodiscard]] streaming::ServedResponse fires(const std::string& product, std::size_t poll) const;

    const ReplayData& data_;
    std::map<std::string, std::size_t> polls_{}; ///< by path; touched by the server's thread only
    streaming::HttpServer server_;
};

} // namespace services::demo
