#pragma once

#include <spdlog/fwd.h>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/ingestion/api_client_counts.hpp"
#include "core/streaming/ingestion/api_client_options.hpp"
#include "core/streaming/ingestion/api_hosts.hpp"
#include "core/streaming/ingestion/fetch_retries.hpp"
#include "core/streaming/ingestion/response_cache.hpp"
#include "core/streaming/ingestion/response_validators.hpp"
#include "core/streaming/ingestion/token_bucket.hpp"

namespace streaming {

/// Goes between a connector and the network: keeps to the source's rate limit, uses answers again while they are fresh,
/// asks on conditions where the caller can do with "unchanged", waits as long as a server asks, tries again what may
/// pass, spares a host that fails, bounds each request's time, and counts. One for each source; what concerns a host
/// is shared through ApiHosts. Thread-safe; all waits are ended by the stop token. Borrows what it is given.
/// Not sent, and an Error that is retryable: what would wait longer than the timeout for the rate limit (timed_out) or
/// for the end of a pause that the host asked for (rate_limited), and what the circuit keeps back (unavailable). Any
/// other Error is the inner client's. Texts name the host, never path or query of the URL: they may hold keys.
class ApiClient final : public HttpClient {
public:
    struct Dependencies {
        HttpClient& http;
        Clock& clock;
        ApiHosts* hosts = nullptr;     ///< what is shared with other sources; null = nothing is
        spdlog::logger* log = nullptr; ///< for warnings; of a pause one when it begins, and when it is over a line
        std::string source{};          ///< whose requests they are, for the log
    };
    ApiClient(const Dependencies& dependencies, const ApiClientOptions& options);
    ~ApiClient() override;
    ApiClient(const ApiClient&) = delete;
    ApiClient& operator=(const ApiClient&) = delete;

    /// The source's timeout is used in place of the request's; it begins when the request is first sent. Of a request
    /// that is `conditional` no body is kept: while the last answer is fresh, and when the server says so, the answer
    /// is 304 without a body.
    Result<HttpResponse> get(const HttpRequest& request, std::stop_token stop) override;
    /// As many at once as may go, the others after them. What may pass is tried again as `get` does it, together, when
    /// all were asked once: each within its own time, all out of the one budget of retries.
    std::vector<Result<HttpResponse>> get_all(std::span<const HttpRequest> requests, std::size_t host_concurrency,
                                              std::stop_token stop) override;

    /// The next answers come whole, from the server. To be called when something of an answer was not taken in to the
    /// end: it could not be understood, or its rows were not delivered.
    void forget();
    /// From now on, also for requests that wait for the rate limit. Forgets.
    void configure(const ApiClientOptions& options);

    /// When a pause or an open circuit lets the next request go, of the hosts asked so far; absent = now. A client
    /// whose last request failed leaves the probe of an open circuit to those that share the host, for a second.
    [[nodiscard]] std::optional<Clock::steady_time> blocked_until() const;
    [[nodiscard]] ApiClientCounts counts() const;

    /// What requests are for from now on, to the budget that sources share: those of the past do not wait for it, but
    /// `blocked_until` tells of it.
    void ask_for(SharedBudget::Use use) { use_ = use; }
    /// What a connector found out about an answer, to be counted.
    void note_class(AnswerClass answer);
    /// The time that the newest of a payload is of; true (and counted) when it is older than `max_age`: stale.
    bool note_payload_time(Clock::system_time time);

private:
    struct Call;
    struct Sending;
    struct Many;
    struct Batch;
    using Options = std::shared_ptr<const ApiClientOptions>;

    [[nodiscard]] std::optional<HttpResponse> known_answer(const HttpRequest& request);
    [[nodiscard]] Call begin(const HttpRequest& request);
    [[nodiscard]] std::shared_ptr<HostGate> gate_of(std::string_view host);
    [[nodiscard]] Result<HostGate::Pass> admit(const Call& call, ApiFailure& why, const std::stop_token& stop);
    [[nodiscard]] std::shared_ptr<BudgetSeat> take_seat(const ApiBudgetOptions& options);
    Status await_rate(const Call& call, const std::stop_token& stop);
    [[nodiscard]] static Error over_the_rate(const Call& call, std::chrono::nanoseconds wait);
    [[nodiscard]] Result<HttpResponse> exchange(const Call& call, const HostGate::Pass& pass, std::stop_token stop);
    void fill(Batch& batch, Many& all, const std::stop_token& stop);
    void prepare(Sending& sending);
    void digest(Sending& sending, Result<HttpResponse>& answer);
    [[nodiscard]] std::optional<std::chrono::nanoseconds> asked_pause(const HttpResponse& answer, const Call& call);
    void learn(const Call& call, HttpResponse& answer, bool asked_on_conditions);
    void pause(const Call& call, const HttpResponse& answer, std::chrono::nanoseconds time);
    void take_refusal(const Call& call, long status);
    void tell_pause(const Call& call, long status, std::chrono::nanoseconds time, std::string_view why) const;
    void tell_end(const Call& call) const;
    /// Waits for the next try; false = there is none.
    [[nodiscard]] bool await_retry(const Result<HttpResponse>& answer, std::size_t retries, const Call& call,
                                   const std::stop_token& stop);
    void note(const Result<HttpResponse>& answer);
    void await_retries(Many& all, std::size_t retries, const std::stop_token& stop);
    [[nodiscard]] Clock::steady_time next_try(std::size_t retries);
    [[nodiscard]] bool take_retry(std::size_t retries, Clock::steady_time due, Clock::steady_time end);
    /// False = stopped.
    [[nodiscard]] bool await_try(Clock::steady_time due, std::size_t requests, const std::stop_token& stop);
    void note_not_sent(const Error& error, ApiFailure why);
    void count(ApiFailure failure) { ++counts_.failures[static_cast<std::size_t>(failure)]; }

    HttpClient& http_;
    Clock& clock_;
    spdlog::logger* const log_;
    const std::string source_;
    const std::unique_ptr<ApiHosts> own_hosts_;
    ApiHosts& hosts_;
    const std::shared_ptr<Jitter> jitter_;
    std::atomic<SharedBudget::Use> use_{SharedBudget::Use::news};
    mutable std::mutex state_mutex_{}; ///< guards all below
    std::condition_variable_any changed_{};
    Options options_;
    std::shared_ptr<BudgetSeat> seat_{}; ///< null = no shared budget
    TokenBucket rate_;
    FetchRetries retry_{};
    ResponseCache cache_;
    ResponseValidators validators_{};
    std::vector<std::shared_ptr<HostGate>> gates_{}; ///< of hosts asked so far; few
    ApiClientCounts counts_{};
    std::optional<Clock::steady_time> last_answer_{};
    bool failing_ = false; ///< how the last request ended
};

} // namespace streaming
