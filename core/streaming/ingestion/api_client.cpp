#include "core/streaming/ingestion/api_client.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

#include "core/streaming/ingestion/answer_meaning.hpp"
#include "core/streaming/ingestion/api_client_call.hpp"
#include "core/streaming/ingestion/connector.hpp"

namespace streaming {
namespace {

using detail::failure_of;
using detail::is_success;
using std::chrono::ceil;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::size_t kMostHosts = 64; ///< that one source asks and that are remembered as its own
/// What fails at a host where others do well would, as the probe, keep the circuit open for them.
constexpr std::chrono::seconds kAfterTheOthers{1};

TokenBucket::Rate rate_of(const ApiClientOptions& options) {
    return {.per_minute = options.rate_limit_per_minute,
            .burst = std::max<std::size_t>(options.rate_limit_per_minute / 10, 1)};
}

} // namespace

ApiClient::ApiClient(const Dependencies& dependencies, const ApiClientOptions& options)
    : http_(dependencies.http),
      clock_(dependencies.clock),
      log_(dependencies.log),
      source_(dependencies.source),
      own_hosts_(dependencies.hosts == nullptr
                     ? std::make_unique<ApiHosts>(ApiHosts::Dependencies{.clock = dependencies.clock})
                     : nullptr),
      hosts_(dependencies.hosts == nullptr ? *own_hosts_ : *dependencies.hosts),
      jitter_(hosts_.jitter()),
      options_(std::make_shared<const ApiClientOptions>(options)),
      seat_(take_seat(options.budget)),
      rate_(rate_of(options)),
      cache_(options.cache) {
    retry_.set_options(options.retry);
}

ApiClient::~ApiClient() = default;

std::shared_ptr<BudgetSeat> ApiClient::take_seat(const ApiBudgetOptions& options) {
    return options.name.empty() ? nullptr : std::make_shared<BudgetSeat>(hosts_.budget(options), options.weight);
}

Result<HttpResponse> ApiClient::get(const HttpRequest& request, std::stop_token stop) {
    if (auto known = known_answer(request)) {
        return *std::move(known);
    }
    Call call = begin(request);
    ApiFailure why{};
    const auto pass = admit(call, why, stop);
    if (!pass) {
        note_not_sent(pass.error(), why);
        return pass.error();
    }
    call.end = clock_.now() + call.options->timeout;
    Result<HttpResponse> answer = exchange(call, pass.value(), stop);
    for (std::size_t retries = 0; await_retry(answer, retries, call, stop); ++retries) {
        const auto again = admit(call, why, stop);
        if (!again) {
            break;
        }
        answer = exchange(call, again.value(), stop);
    }
    note(answer);
    return answer;
}

std::optional<HttpResponse> ApiClient::known_answer(const HttpRequest& request) {
    const auto now = clock_.now();
    ResponseCache::Answer kept;
    {
        const std::lock_guard lock(state_mutex_);
        ++counts_.total_requests;
        const bool fresh = request.conditional && options_->cache_ttl.count() > 0 && validators_.is_fresh(request, now);
        if (!request.conditional) {
            kept = cache_.find(request, now, options_->cache_ttl);
        }
        if (!fresh && kept == nullptr) {
            retry_.asked();
            return std::nullopt;
        }
        ++counts_.from_cache;
        ++counts_.succeeded;
        counts_.unchanged += fresh ? 1 : 0;
    }
    return kept != nullptr ? *kept : HttpResponse{.status = 304};
}

ApiClient::Call ApiClient::begin(const HttpRequest& request) {
    const auto now = clock_.now();
    std::shared_ptr<HostGate> gate = gate_of(host_of(request.url));
    const std::lock_guard lock(state_mutex_);
    return {.request = request,
            .options = options_,
            .gate = std::move(gate),
            .seat = seat_,
            .end = now + options_->timeout};
}

std::shared_ptr<HostGate> ApiClient::gate_of(std::string_view host) {
    const std::lock_guard lock(state_mutex_);
    const auto found = std::ranges::find(gates_, host, [](const auto& gate) { return gate->host(); });
    if (found != gates_.end()) {
        return *found;
    }
    if (gates_.size() >= kMostHosts) {
        gates_.erase(gates_.begin());
    }
    return gates_.emplace_back(hosts_.gate(host));
}

/// The gate is looked at before anything is spent on a request that it would refuse.
Result<HostGate::Pass> ApiClient::admit(const Call& call, ApiFailure& why, const std::stop_token& stop) {
    const auto of_gate = [&](const Error& error) {
        why = error.code == ErrorCode::rate_limited  ? ApiFailure::paused
              : error.code == ErrorCode::unavailable ? ApiFailure::circuit_open
                                                     : ApiFailure::rate_limit;
        return error;
    };
    if (const Status open = call.gate->look(call.limits(), call.end, stop); !open) {
        return of_gate(open.error());
    }
    if (const Status turn = await_rate(call, stop); !turn) {
        why = ApiFailure::rate_limit;
        return turn.error();
    }
    if (call.seat != nullptr) {
        const auto use = use_.load();
        const auto give_up = use == SharedBudget::Use::past ? clock_.now() : call.end;
        const Status spent = call.seat->budget->spend(call.seat->member, call.request.cost, give_up, stop, use);
        if (!spent) {
            why = ApiFailure::budget;
            return spent.error();
        }
    }
    auto pass = call.gate->enter(call.limits(), call.end, stop);
    return pass ? pass : of_gate(pass.error());
}

Status ApiClient::await_rate(const Call& call, const std::stop_token& stop) {
    std::unique_lock lock(state_mutex_);
    const auto begun = clock_.now();
    if (const auto wait = rate_.wait(begun); wait.count() > 0 && begun + wait > call.end) {
        return over_the_rate(call, wait);
    }
    const TokenBucket::Ticket ticket = rate_.take(begun);
    if (rate_.due(ticket) > begun) {
        ++counts_.waited;
    }
    while (true) {
        const auto due = rate_.due(ticket);
        if (stop.stop_requested()) {
            return Error{.code = ErrorCode::stopped, .message = fmt::format("{}: stopped", call.gate->host())};
        }
        if (due <= clock_.now()) {
            return {};
        }
        if (due > call.end) { // the rate was lowered
            return over_the_rate(call, due - begun);
        }
        clock_.wait_until(lock, changed_, due, stop);
    }
}

Error ApiClient::over_the_rate(const Call& call, std::chrono::nanoseconds wait) {
    return {.code = ErrorCode::timed_out,
            .message = fmt::format("{}: the rate limit of {} requests a minute lets the next go in {} ms, later than "
                                   "the timeout of {} ms",
                                   call.gate->host(), call.options->rate_limit_per_minute,
                                   ceil<milliseconds>(wait).count(), call.options->timeout.count()),
            .retryable = true};
}

bool ApiClient::await_retry(const Result<HttpResponse>& answer, std::size_t retries, const Call& call,
                            const std::stop_token& stop) {
    if (stop.stop_requested() || !FetchRetries::may_succeed_later(answer)) {
        return false;
    }
    const auto due = next_try(retries);
    return take_retry(retries, due, call.end) && await_try(due, 1, stop);
}

Clock::steady_time ApiClient::next_try(std::size_t retries) {
    const auto now = clock_.now();
    const std::lock_guard lock(state_mutex_);
    return now + jitter_->up_to(retry_.most_delay(retries));
}

bool ApiClient::take_retry(std::size_t retries, Clock::steady_time due, Clock::steady_time end) {
    const std::lock_guard lock(state_mutex_);
    return due < end && retry_.take(retries);
}

bool ApiClient::await_try(Clock::steady_time due, std::size_t requests, const std::stop_token& stop) {
    std::unique_lock lock(state_mutex_);
    while (clock_.now() < due && !stop.stop_requested()) {
        clock_.wait_until(lock, changed_, due, stop);
    }
    counts_.retries += stop.stop_requested() ? 0 : requests;
    return !stop.stop_requested();
}

void ApiClient::note_not_sent(const Error& error, ApiFailure why) {
    const std::lock_guard lock(state_mutex_);
    if (error.code == ErrorCode::stopped) {
        ++counts_.stopped;
    } else {
        count(why);
    }
}

void ApiClient::note(const Result<HttpResponse>& answer) {
    const auto now = clock_.now();
    const std::lock_guard lock(state_mutex_);
    if (!answer && answer.error().code == ErrorCode::stopped) {
        ++counts_.stopped;
        return;
    }
    failing_ = !answer || !is_success(answer.value().status);
    if (!failing_) {
        ++counts_.succeeded;
        last_answer_ = now;
    } else {
        count(answer ? failure_of(answer.value().status) : failure_of(answer.error().code));
    }
}

void ApiClient::forget() {
    const std::lock_guard lock(state_mutex_);
    validators_.clear();
    cache_.clear();
}

void ApiClient::configure(const ApiClientOptions& options) {
    auto taken = std::make_shared<const ApiClientOptions>(options);
    auto seat = take_seat(options.budget);
    const auto now = clock_.now();
    {
        const std::lock_guard lock(state_mutex_);
        options_ = std::move(taken);
        std::swap(seat_, seat); // the former one is left after the lock
        rate_.set_rate(rate_of(options), now);
        retry_.set_options(options.retry);
        cache_.set_limits(options.cache);
        validators_.clear(); // another handler may want to see what the one before has seen
        if (options.cache_ttl.count() == 0) {
            cache_.clear();
        }
    }
    changed_.notify_all();
}

std::optional<Clock::steady_time> ApiClient::blocked_until() const {
    const auto now = clock_.now();
    const std::lock_guard lock(state_mutex_);
    Clock::steady_time latest = now;
    for (const auto& gate : gates_) {
        const bool shared = gate.use_count() > 2; // ApiHosts and this have it anyway
        const bool yields = failing_ && shared && gate->circuit() != CircuitBreaker::State::closed;
        latest = std::max(latest, gate->closed_until() + (yields ? kAfterTheOthers : std::chrono::seconds(0)));
    }
    if (seat_ != nullptr) {
        latest = std::max(latest, seat_->budget->paused_until());
        if (use_ == SharedBudget::Use::past) {
            latest = std::max(latest, seat_->budget->past_until());
        }
    }
    return latest > now ? std::optional(latest) : std::nullopt;
}

ApiClientCounts ApiClient::counts() const {
    const auto now = clock_.now();
    const auto blocked = blocked_until();
    const std::lock_guard lock(state_mutex_);
    ApiClientCounts counts = counts_;
    if (last_answer_) {
        counts.last_answer_age = std::max(duration_cast<milliseconds>(now - *last_answer_), milliseconds(0));
    }
    if (blocked) {
        counts.blocked_for = ceil<milliseconds>(*blocked - now);
    }
    for (const auto& gate : gates_) {
        counts.circuit_opened += gate->circuit_opened();
        if (const auto circuit = gate->circuit(); counts.circuit == CircuitBreaker::State::closed) {
            counts.circuit = circuit;
        }
    }
    return counts;
}

void ApiClient::note_class(AnswerClass answer) {
    const std::lock_guard lock(state_mutex_);
    ++counts_.answers[static_cast<std::size_t>(answer)];
}

bool ApiClient::note_payload_time(Clock::system_time time) {
    const auto age = clock_.system_now() - time;
    const std::lock_guard lock(state_mutex_);
    const bool stale = options_->max_age.count() > 0 && age > options_->max_age;
    counts_.stale += stale ? 1 : 0;
    return stale;
}

} // namespace streaming
