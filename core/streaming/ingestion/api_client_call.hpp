#pragma once

#include <cstddef>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/streaming/ingestion/api_client.hpp"

namespace streaming {

/// One fetch with its retries.
struct ApiClient::Call {
    const HttpRequest& request;
    Options options{};
    std::shared_ptr<HostGate> gate{};
    std::shared_ptr<BudgetSeat> seat{}; ///< null = no shared budget
    Clock::steady_time end{};           ///< no wait goes on longer; set anew when the request is first sent

    [[nodiscard]] HostGate::Limits limits() const {
        return {.concurrency = options->host_concurrency, .breaker = options->breaker};
    }
};

/// One request on its way. However it ends, it leaves the gate.
struct ApiClient::Sending {
    Sending(Call call_in, HostGate::Pass pass_in) : call(std::move(call_in)), pass(pass_in) {}
    ~Sending() { call.gate->leave(pass, ending, call.limits()); }
    Sending(const Sending&) = delete;
    Sending& operator=(const Sending&) = delete;

    Call call;
    HostGate::Pass pass;
    HttpRequest sent{};
    bool on_conditions = false;
    HostGate::Ending ending = HostGate::Ending::unknown;
};

/// Many fetches with their retries.
struct ApiClient::Many {
    struct State {
        bool asked = false;
        std::optional<Clock::steady_time> end{}; ///< of its time; absent = it was not sent, or is not to be sent again
    };
    explicit Many(std::span<const HttpRequest> of)
        : requests(of), answers(of.size(), Error{}), states(of.size()), left(of.size()) {
        std::iota(left.begin(), left.end(), std::size_t{0});
    }

    std::span<const HttpRequest> requests;
    std::vector<Result<HttpResponse>> answers;
    std::vector<State> states;
    std::vector<std::size_t> left; ///< places of those that are to be sent, for the first time or again
};

/// Requests that go together.
struct ApiClient::Batch {
    std::size_t most = 1;
    std::size_t next = 0; ///< of those that are left, the first that is not in it
    std::vector<std::unique_ptr<Sending>> sendings{};
    std::vector<std::size_t> places{}; ///< of them among all requests
};

} // namespace streaming
