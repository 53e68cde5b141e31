#include "tests/kafka/firms_api.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>

#include "tests/support/area_api_bodies.hpp"

namespace tests {

using streaming::ServedRequest;
using streaming::ServedResponse;

FirmsApi::FirmsApi() : server_({}, [this](const ServedRequest& request) { return answer(request); }) {
    std::set<std::string> seen;
    for (const char* time : {"0017", "0357", "0717", "1001"}) {
        const std::string poll = "firms/repolls/fires_2026-07-31T" + std::string(time) + "Z.csv";
        for (const auto& [product, body] : recordings::area_api_bodies(poll)) {
            std::istringstream lines(body);
            std::string line;
            std::getline(lines, line);
            headers_[product] = line + '\n';
            while (std::getline(lines, line)) {
                if (seen.insert(line).second) {
                    rows_.push_back({.product = product, .line = line + '\n'});
                }
            }
        }
    }
    show(0);
    const auto started = server_.start();
    EXPECT_TRUE(started.ok()) << started.error().message;
}

std::string FirmsApi::url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

void FirmsApi::show(std::size_t rows) {
    std::map<std::string, std::string> bodies = headers_;
    for (std::size_t i = 0; i < std::min(rows, rows_.size()); ++i) {
        bodies[rows_[i].product] += rows_[i].line;
    }
    const std::scoped_lock lock(bodies_mutex_);
    bodies_ = std::move(bodies);
}

std::map<std::string, std::string> FirmsApi::bodies() const {
    const std::scoped_lock lock(bodies_mutex_);
    return bodies_;
}

bool FirmsApi::await_more(std::size_t more) const {
    std::unique_lock lock(bodies_mutex_);
    return asked_.wait_for(lock, std::chrono::seconds(30),
                           [this, wanted = requests_ + more] { return requests_ >= wanted; });
}

/// /api/area/csv/KEY/PRODUCT/AREA/DAYS
ServedResponse FirmsApi::answer(const ServedRequest& request) {
    std::istringstream path(request.path);
    std::string part;
    for (int i = 0; i < 6; ++i) {
        std::getline(path, part, '/');
    }
    const std::scoped_lock lock(bodies_mutex_);
    ++requests_;
    asked_.notify_all();
    const auto body = bodies_.find(part);
    return body == bodies_.end() ? ServedResponse{.status = 400, .body = "Invalid source."}
                                 : ServedResponse{.content_type = "text/csv", .body = body->second};
}

} // namespace tests
