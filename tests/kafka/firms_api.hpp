#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/http_server.hpp"

namespace tests {

/// The area API of NASA FIRMS on loopback, with what its recorded polls (firms/repolls) showed, row by row as they came
/// to it: a poll shows all of the one before. Thread-safe.
class FirmsApi {
public:
    /// Rows that each recorded poll showed.
    static constexpr std::size_t kPolls[] = {0, 779, 3228, 5995};

    FirmsApi();

    [[nodiscard]] std::string url() const;
    /// From now on answers have the first `rows` of all; none at the beginning.
    void show(std::size_t rows);
    /// What is answered now, by product.
    [[nodiscard]] std::map<std::string, std::string> bodies() const;
    /// Waits for `more` requests from now on. False when they did not come within 30 s.
    [[nodiscard]] bool await_more(std::size_t more) const;

private:
    struct Row {
        std::string product{};
        std::string line{};
    };
    [[nodiscard]] streaming::ServedResponse answer(const streaming::ServedRequest& request);

    std::vector<Row> rows_{};                      ///< in the order in which they were first shown
    std::map<std::string, std::string> headers_{}; ///< of the products

    mutable std::mutex bodies_mutex_{};
    mutable std::condition_variable asked_{};
    std::map<std::string, std::string> bodies_{};
    std::size_t requests_ = 0;
    streaming::HttpServer server_;
};

} // namespace tests
