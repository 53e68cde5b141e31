#include "tests/kafka/numbered_api.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tests {

using streaming::ServedRequest;
using streaming::ServedResponse;

NumberedApi::NumberedApi(Options options)
    : options_(options), server_({}, [this](const ServedRequest& request) { return answer(request); }) {
    const auto started = server_.start();
    EXPECT_TRUE(started.ok()) << started.error().message;
}

std::string NumberedApi::url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

void NumberedApi::freeze() {
    const std::scoped_lock lock(tables_mutex_);
    frozen_ = true;
}

std::map<std::string, int> NumberedApi::served() const {
    const std::scoped_lock lock(tables_mutex_);
    return served_;
}

std::vector<NumberedApi::Poll> NumberedApi::polls() const {
    const std::scoped_lock lock(tables_mutex_);
    return polls_;
}

bool NumberedApi::await(const std::function<bool(const std::vector<Poll>&)>& condition,
                        std::chrono::milliseconds patience) const {
    std::unique_lock lock(tables_mutex_);
    return polled_.wait_for(lock, patience, [&] { return condition(polls_); });
}

bool NumberedApi::await_more(std::size_t more, std::chrono::milliseconds patience) const {
    const std::size_t wanted = polls().size() + more;
    return await([&](const auto& polls) { return polls.size() >= wanted; }, patience);
}

ServedResponse NumberedApi::answer(const ServedRequest& request) {
    const std::scoped_lock lock(tables_mutex_);
    const auto process = request.headers.find("x-process");
    polls_.push_back({.path = request.path,
                      .process = process == request.headers.end() ? "" : process->second,
                      .at = std::chrono::steady_clock::now()});
    polled_.notify_all();
    int& shown = served_[request.path];
    shown += frozen_ ? 0 : options_.per_answer;
    nlohmann::json records = nlohmann::json::array();
    for (int number = std::max(0, shown - options_.window); number < shown; ++number) {
        records.push_back({{"id", request.path + "#" + std::to_string(number)},
                           {"number", number},
                           {"square", std::to_string(std::int64_t{number} * number)}});
    }
    return {.content_type = "application/json", .body = records.dump()};
}

} // namespace tests
