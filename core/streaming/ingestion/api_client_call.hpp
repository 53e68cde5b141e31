#pragma once

#include <cstddef>
#include <memory>
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

/// Requests that go together.
struct ApiClient::Batch {
    std::size_t most = 1;
    std::size_t next = 0; ///< the first that is not in it
    std::vector<std::unique_ptr<Sending>> sendings{};
    std::vector<std::size_t> places{}; ///< of them among all requests
};

} // namespace streaming
