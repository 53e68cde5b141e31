#include "core/streaming/ingestion/api_client.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/ingestion/answer_headers.hpp"
#include "core/streaming/ingestion/answer_meaning.hpp"
#include "core/streaming/ingestion/api_client_call.hpp"

// How an ApiClient sends, and what it learns from the answers.

namespace streaming {

using detail::ending_of;
using detail::is_refusal;
using detail::lifetime_of;
using detail::says_quota;
using std::chrono::milliseconds;

Result<HttpResponse> ApiClient::exchange(const Call& call, const HostGate::Pass& pass, std::stop_token stop) {
    Sending sending(call, pass);
    prepare(sending);
    Result<HttpResponse> answer = http_.get(sending.sent, std::move(stop));
    digest(sending, answer);
    return answer;
}

std::vector<Result<HttpResponse>> ApiClient::get_all(std::span<const HttpRequest> requests,
                                                     std::size_t host_concurrency, std::stop_token stop) {
    Many all(requests);
    for (std::size_t retries = 0; !all.left.empty(); ++retries) {
        for (std::size_t next = 0; next < all.left.size();) {
            Batch batch{.most = std::max<std::size_t>(host_concurrency, 1), .next = next};
            fill(batch, all, stop);
            std::vector<HttpRequest> sent;
            for (const auto& sending : batch.sendings) {
                sent.push_back(sending->sent);
            }
            auto got = http_.get_all(sent, host_concurrency, stop);
            for (std::size_t i = 0; i < got.size(); ++i) {
                digest(*batch.sendings[i], got[i]);
                all.answers[batch.places[i]] = std::move(got[i]);
            }
            next = batch.next;
        }
        await_retries(all, retries, stop);
    }
    return std::move(all.answers);
}

/// Those of a batch that may go now. Nothing is waited for while some of them hold a place at their host: two batches
/// could wait for each other.
void ApiClient::fill(Batch& batch, Many& all, const std::stop_token& stop) {
    for (; batch.next < all.left.size() && batch.sendings.size() < batch.most; ++batch.next) {
        const std::size_t place = all.left[batch.next];
        Many::State& state = all.states[place];
        auto known = std::exchange(state.asked, true) ? std::nullopt : known_answer(all.requests[place]);
        if (known) {
            all.answers[place] = *std::move(known);
            continue;
        }
        Call call = begin(all.requests[place]);
        call.end = batch.sendings.empty() ? state.end.value_or(call.end) : clock_.now();
        ApiFailure why{};
        const auto pass = admit(call, why, stop);
        if (!pass && !batch.sendings.empty() && pass.error().code != ErrorCode::stopped) {
            return; // with the next batch it waits
        }
        if (!pass && state.end) {
            note(all.answers[place]); // that of the try before stands
            state.end.reset();
        } else if (!pass) {
            note_not_sent(pass.error(), why);
            all.answers[place] = pass.error();
        } else {
            call.end = state.end.value_or(clock_.now() + call.options->timeout);
            state.end = call.end;
            batch.sendings.push_back(std::make_unique<Sending>(std::move(call), pass.value()));
            batch.places.push_back(place);
            prepare(*batch.sendings.back());
        }
    }
}

/// What may pass is left, and its next try has come then. All others have their answer.
void ApiClient::await_retries(Many& all, std::size_t retries, const std::stop_token& stop) {
    std::optional<Clock::steady_time> due; // one for all: they go together again
    const auto end = [&](std::size_t place) {
        note(all.answers[place]);
        return true;
    };
    std::erase_if(all.left, [&](std::size_t place) {
        const auto& until = all.states[place].end;
        if (!until) {
            return true; // noted already
        }
        if (stop.stop_requested() || !FetchRetries::may_succeed_later(all.answers[place])) {
            return end(place);
        }
        due = due ? due : next_try(retries);
        return !take_retry(retries, *due, *until) && end(place);
    });
    if (!all.left.empty() && !await_try(*due, all.left.size(), stop)) {
        std::ranges::for_each(all.left, end);
        all.left.clear();
    }
}

void ApiClient::prepare(Sending& sending) {
    const Call& call = sending.call;
    sending.sent = call.request;
    sending.sent.timeout = std::max(std::chrono::ceil<milliseconds>(call.end - clock_.now()), milliseconds(1));
    sending.sent.idle_timeout = call.options->idle_timeout;
    if (call.request.conditional) {
        const std::lock_guard lock(state_mutex_);
        sending.on_conditions = validators_.add_conditions(call.request, sending.sent);
    }
}

void ApiClient::digest(Sending& sending, Result<HttpResponse>& answer) {
    const Call& call = sending.call;
    const auto asked = answer ? asked_pause(answer.value(), call) : std::nullopt;
    if (asked) {
        pause(call, answer.value(), *asked);
    } else if (answer && is_refusal(answer.value())) {
        take_refusal(call, answer.value().status);
    } else if (answer) {
        learn(call, answer.value(), sending.on_conditions);
    }
    sending.ending = ending_of(answer, asked.has_value());
    if (sending.ending == HostGate::Ending::answered) {
        tell_end(call);
    }
    if (answer && answer.value().status == 304 && call.request.conditional && !sending.on_conditions) {
        answer = Error{.code = ErrorCode::unavailable, // taken for "nothing new" it would hide what there is
                       .message = fmt::format("{}: answered 304 to a request without conditions", call.gate->host()),
                       .retryable = true};
    }
}

std::optional<std::chrono::nanoseconds> ApiClient::asked_pause(const HttpResponse& answer, const Call& call) {
    const ApiClientOptions& options = *call.options;
    std::optional<milliseconds> pause;
    if (answer.status == 429 || answer.status == 503) {
        pause = retry_after_of(answer, clock_.system_now());
    }
    std::string why = "it said so by Retry-After";
    if (pause && *pause > options.max_retry_after) {
        why = fmt::format("it asked for {} s, which is more than api.max_retry_after_seconds", pause->count() / 1000);
        pause = options.max_retry_after;
    }
    if (says_quota(answer)) {
        why = pause.value_or(milliseconds(0)) < options.quota_pause ? "a quota is used up" : why;
        pause = std::max(pause.value_or(milliseconds(0)), options.quota_pause);
    }
    if (pause) {
        tell_pause(call, answer.status, *pause, why);
        const std::lock_guard lock(state_mutex_);
        ++counts_.pauses;
    }
    return pause;
}

/// How long is not said, so it is found out.
void ApiClient::take_refusal(const Call& call, long status) {
    constexpr std::chrono::minutes kLongest{5};
    const ApiClientOptions& options = *call.options;
    const auto longest = std::max(options.block_pause, std::min<milliseconds>(kLongest, options.max_retry_after));
    const auto time = call.gate->refused({.first = options.block_pause, .longest = longest}, *jitter_);
    tell_pause(call, status, time,
               "it does not say for how long, so each pause is twice as long as the one before, 5 min at most");
    const std::lock_guard lock(state_mutex_);
    ++counts_.pauses;
}

void ApiClient::tell_pause(const Call& call, long status, std::chrono::nanoseconds time, std::string_view why) const {
    if (log_ != nullptr && time.count() > 0 && call.gate->is_to_be_told(time)) {
        log_->warn("source {}: {} answered {}; it is asked nothing for {} s: {}", source_, call.gate->host(), status,
                   std::chrono::ceil<std::chrono::seconds>(time).count(), why);
    }
}

void ApiClient::tell_end(const Call& call) const {
    if (call.gate->is_end_to_be_told() && log_ != nullptr) {
        log_->info("source {}: {} answers again after its pause", source_, call.gate->host());
    }
}

/// A quota is that of a key: who does not share it may go on.
void ApiClient::pause(const Call& call, const HttpResponse& answer, std::chrono::nanoseconds time) {
    const auto until = clock_.now() + time + jitter_->after_pause(time);
    if (call.seat != nullptr && says_quota(answer)) {
        call.seat->budget->pause_until(until);
    } else {
        call.gate->pause_until(until);
    }
}

void ApiClient::learn(const Call& call, HttpResponse& answer, bool asked_on_conditions) {
    const HttpRequest& request = call.request;
    const bool unchanged = answer.status == 304 && asked_on_conditions;
    if (!unchanged && answer.status != 200) {
        return;
    }
    const Freshness freshness = freshness_of(answer, clock_.system_now());
    const std::chrono::nanoseconds lifetime = lifetime_of(freshness, *call.options);
    ResponseCache::Answer copy;
    if (!request.conditional && lifetime.count() > 0) {
        copy = std::make_shared<const HttpResponse>(answer);
    }
    const auto now = clock_.now();
    const std::lock_guard lock(state_mutex_);
    if (unchanged) {
        answer.body.clear();
        ++counts_.unchanged;
        validators_.unchanged(request, now + lifetime);
    } else if (copy != nullptr) {
        const bool said = freshness.lifetime.has_value();
        cache_.store(request, std::move(copy), now, said ? std::optional(lifetime) : std::nullopt);
    } else if (request.conditional && freshness.may_be_kept) {
        validators_.remember(request, answer, now + lifetime);
    } else if (request.conditional) {
        validators_.forget(request);
    }
}

} // namespace streaming
