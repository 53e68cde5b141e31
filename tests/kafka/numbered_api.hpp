#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/http_server.hpp"

namespace tests {

/// A loopback API with a table of numbered records at every path. A table grows by some with each answer; an answer
/// shows the newest of it, so that each record is shown many times, as real APIs do. Thread-safe.
class NumberedApi {
public:
    struct Options {
        int per_answer = 20; ///< records that a table grows by with an answer
        int window = 1000;   ///< newest records that an answer shows
    };
    struct Poll {
        std::string path{};
        std::string process{}; ///< the request's header x-process
        std::chrono::steady_clock::time_point at{};
    };
    NumberedApi() : NumberedApi(Options{}) {}
    explicit NumberedApi(Options options);

    [[nodiscard]] std::string url() const;
    /// Tables grow no more.
    void freeze();
    /// Records 0, 1, ..., n - 1 of the path were shown: n.
    [[nodiscard]] std::map<std::string, int> served() const;
    [[nodiscard]] std::vector<Poll> polls() const; ///< in the order in which they came
    /// Waits for polls until the condition holds. False when it did not within `patience`.
    [[nodiscard]] bool await(const std::function<bool(const std::vector<Poll>&)>& condition,
                             std::chrono::milliseconds patience = std::chrono::seconds(30)) const;
    /// Waits for `more` polls from now on.
    [[nodiscard]] bool await_more(std::size_t more,
                                  std::chrono::milliseconds patience = std::chrono::seconds(30)) const;

private:
    [[nodiscard]] streaming::ServedResponse answer(const streaming::ServedRequest& request);

    const Options options_;
    mutable std::mutex tables_mutex_{};
    mutable std::condition_variable polled_{};
    std::map<std::string, int> served_{};
    std::vector<Poll> polls_{};
    bool frozen_ = false;
    streaming::HttpServer server_;
};

} // namespace tests
