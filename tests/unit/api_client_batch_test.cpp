#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/streaming/infrastructure/system_clock.hpp"
#include "core/streaming/ingestion/api_client.hpp"
#include "core/streaming/orchestration/switched_http_client.hpp"

// Many requests at once, with time that passes.
namespace {

using namespace streaming;
using testing::ElementsAre;

/// Notes how many came at once.
class CountingHttp final : public HttpClient {
public:
    explicit CountingHttp(std::vector<std::size_t>& batches) : batches_(batches) {}
    Result<HttpResponse> get(const HttpRequest& /*request*/, std::stop_token /*stop*/) override {
        batches_.push_back(1);
        return HttpResponse{.status = 200, .body = "x"};
    }
    std::vector<Result<HttpResponse>> get_all(std::span<const HttpRequest> requests, std::size_t /*host_concurrency*/,
                                              std::stop_token /*stop*/) override {
        batches_.push_back(requests.size());
        return std::vector<Result<HttpResponse>>(requests.size(), HttpResponse{.status = 200, .body = "x"});
    }

private:
    std::vector<std::size_t>& batches_;
};

std::vector<HttpRequest> five_requests() {
    std::vector<HttpRequest> requests;
    for (int i = 0; i < 5; ++i) {
        requests.push_back({.url = "http://h/" + std::to_string(i)});
    }
    return requests;
}

TEST(ApiClientBatch, RequestsThatMayGoGoTogether) {
    std::vector<std::size_t> batches;
    CountingHttp http(batches);
    SystemClock clock;
    ApiClient client({.http = http, .clock = clock}, {.rate_limit_per_minute = 100'000});
    for (const auto& answer : client.get_all(five_requests(), 10, {})) {
        EXPECT_TRUE(answer.ok());
    }
    EXPECT_THAT(batches, ElementsAre(5));
}

TEST(SwitchedHttpClient, KeepsWhatGoesTogetherTogether) {
    std::vector<std::size_t> batches;
    detail::SwitchedHttpClient client;
    client.use(std::make_unique<CountingHttp>(batches));
    EXPECT_EQ(client.get_all(five_requests(), 10, {}).size(), 5U);
    EXPECT_THAT(batches, ElementsAre(5));
}

} // namespace
