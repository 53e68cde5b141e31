#include "services/demo/replay_server.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace services::demo {
namespace {

/// The n-th part of a path: "/a/b" -> a, b.
std::string part(std::string_view path, std::size_t n) {
    for (; n > 0; --n) {
        path.remove_prefix(std::min(path.size(), path.find('/', 1)));
    }
    path = path.substr(std::min<std::size_t>(1, path.size()));
    return std::string(path.substr(0, path.find('/')));
}

/// As if a sensor had written words for numbers.
std::string with_a_bad_feature(const std::string& body) {
    nlohmann::json collection = nlohmann::json::parse(body);
    nlohmann::json bad = collection["features"][0];
    bad["properties"]["temperature"]["value"] = "warm";
    collection["features"].push_back(std::move(bad));
    return collection.dump();
}

} // namespace

ReplayServer::ReplayServer(const ReplayData& data)
    : data_(data), server_({}, [this](const streaming::ServedRequest& request) { return answer(request.path); }) {}

void ReplayServer::start() {
    if (const auto started = server_.start(); !started) {
        throw std::runtime_error("the replay server: " + started.error().message);
    }
}

std::string ReplayServer::url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

streaming::ServedResponse ReplayServer::answer(const std::string& path) {
    const std::size_t poll = polls_[path]++;
    if (part(path, 0) == "stations" && part(path, 2) == "observations") {
        return observation(part(path, 1), poll);
    }
    if (path.starts_with("/api/area/csv/")) {
        return fires(part(path, 4), poll);
    }
    return {.status = 404};
}

streaming::ServedResponse ReplayServer::observation(const std::string& station, std::size_t poll) const {
    streaming::ServedResponse answer{.content_type = "application/geo+json", .body = data_.observation(station, poll)};
    if (poll % 10 == 3) {
        answer.body = with_a_bad_feature(answer.body);
    } else if (poll % 10 == 6) {
        answer.body.resize(answer.body.size() / 2); // cut on the way
    } else if (poll % 10 == 8) {
        answer = {.status = 503, .content_type = "text/html", .body = "<html>Service Unavailable</html>"};
    }
    return answer;
}

streaming::ServedResponse ReplayServer::fires(const std::string& product, std::size_t poll) const {
    streaming::ServedResponse answer{.content_type = "text/csv", .body = data_.fires(product, poll)};
    if (poll % 4 == 1) {
        const std::size_t columns =
            static_cast<std::size_t>(std::ranges::count(answer.body.substr(0, answer.body.find('\n')), ',')) + 1;
        answer.body += "\n12.5,77.1";                                // cut short
        answer.body += "\n95.25,10" + std::string(columns - 2, ','); // north of the pole
        answer.body += "\nnorth,10" + std::string(columns - 2, ',');
    } else if (poll % 4 == 3) {
        answer = {.content_type = "text/plain;charset=UTF-8", .body = "Exceeding allowed transaction limit."};
    }
    return answer;
}

} // namespace services::demo
