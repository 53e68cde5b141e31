#include "core/streaming/orchestration/source_flow.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/ingestion/contested_rows.hpp"

// One poll: the fetch, what its answer means, which of its rows are new.

namespace streaming {

namespace {

/// Ids asked for at once.
constexpr std::size_t kAtOnce = 500;
/// A source that is stale by turns, as its stations are, says so no more often.
constexpr std::chrono::hours kStaleTold{1};
/// Rows that wait for the store ask it again.
constexpr std::chrono::seconds kStoreAgain{1};
/// Without its store.
constexpr const char* kRowsWait = "its rows wait for the store";
constexpr const char* kRowsRepeat = "rows may be repeated";
/// Of a source that polls no more: what it said last, and how to go on.
constexpr const char* kHalted =
    "; it is polled no more until its configuration is changed or its stream is started again";

} // namespace

void SourceFlow::poll(const PollPlan& plan, const std::stop_token& stop) {
    mode_->poll_started(plan);
    outlet_.step_aside(); // the others do not wait for it now
    try {
        poll_to_the_end(plan, stop);
    } catch (...) { // a mode waits for the end of what it began
        forget_answers();
        poll_failed(plan);
        throw;
    }
}

void SourceFlow::poll_to_the_end(const PollPlan& plan, const std::stop_token& stop) {
    auto answer = fetch(plan, stop);
    if (!answer && plan.window && answer.error().code == ErrorCode::rate_limited) {
        return poll_failed(plan); // the past comes when there is room for it: no trouble, and what is new is well
    }
    if (!answer) {
        forget_answers();
        if (!stop.stop_requested()) {
            note_failure(answer.error());
        }
        return poll_failed(plan);
    }
    Answer brought{.poll = {.plan = plan, .receipt = std::move(answer.value().receipt)}};
    if (answer.value().status != Response::kNothing) {
        if (Status status = read(answer.value(), stop, brought); !status) {
            (void)diary_.failed("state", status.error().message); // the log knows
            forget_answers();
            return poll_failed(plan);
        }
    }
    if (!brought.poll.ok) {
        forget_answers();
    } else {
        note_answer(brought);
        if (!plan.window) { // the past is old by rights
            look_at_age(brought.payload_time);
        }
    }
    take_in(std::move(brought));
}

/// Rows of which none can be used are no news of a source that is well: a column may have another name since today.
void SourceFlow::note_answer(const Answer& read) {
    const auto is_rejected = [](const SourceRow& row) { return row.rejected.has_value(); };
    broken_.clear();
    if (read.rows.empty() || !std::ranges::all_of(read.rows, is_rejected)) {
        diary_.answered(read.rows.empty() ? "empty" : "ok");
        return;
    }
    if (read.poll.receipt != nullptr) { // one bad message that was pushed says nothing of the next
        diary_.answered("rejected");
        return;
    }
    const std::string why = fmt::format("each row of the answer was rejected, {} in all; the first: {}",
                                        read.rows.size(), *read.rows.front().rejected);
    if (diary_.failed("rejected", why)) {
        dependencies_.log.warn("source {}: {}", name_, why);
    }
}

/// Where the store says whether rows are known, and must, they wait for it here; nothing is polled meanwhile.
void SourceFlow::take_in(Answer answer) {
    std::vector<std::uint8_t> known;
    const bool pauses = pauses_without_store();
    const char* const then = pauses ? kRowsWait : kRowsRepeat;
    const Status status = ask_memory(answer.rows, known);
    note_store(status, then);
    if (!status.ok()) {
        if (pauses) {
            diary_.waits(fmt::format("{}; {}", status.error().message, then));
            held_ = std::move(answer);
            held_until_ = dependencies_.clock.now() + kStoreAgain;
            return;
        }
    }
    const std::size_t new_rows = keep_new(answer.rows, known);
    if (answer.poll.planned) {
        mode_->poll_ended(answer.poll.plan, {.ok = answer.poll.ok, .rows = answer.rows.size(), .new_rows = new_rows});
    }
    if (const auto done = rows_.end_poll(std::move(answer.poll))) {
        settled(*done);
    }
}

bool SourceFlow::pauses_without_store() const {
    return plan_.options.deduplication.on_store_error == StoreErrorPolicy::pause;
}

/// At the start: what is wrong with a directory stays wrong, and whoever started the process still looks at its log.
void SourceFlow::look_at_file() {
    if (store_is_file_ && tenure_) { // else it is another process's
        note_store(store_->ping(), pauses_without_store() ? kRowsWait : kRowsRepeat);
    }
}

/// Once for each time that it goes away.
void SourceFlow::note_store(const Status& status, const char* then) {
    bool away = !status.ok();
    if (!away && store_is_away_ && store_is_file_) { // it may be that nothing was asked of it
        away = !store_->ping().ok();
    }
    if (std::exchange(store_is_away_, away) == away) {
        return;
    }
    if (away) {
        dependencies_.log.warn("source {}: {}; {}", name_, status.error().message, then);
    } else {
        dependencies_.log.info("source {}: its store answers again", name_);
    }
    dependencies_.connections.report((store_is_file_ ? "state " : "redis ") + name_,
                                     away ? ConnectionPhase::degraded : ConnectionPhase::up,
                                     away ? status.error().message : "");
}

void SourceFlow::poll_failed(const PollPlan& plan) {
    mode_->poll_ended(plan, {.ok = false});
    mode_->poll_settled(plan, false);
}

void SourceFlow::try_held() {
    if (held_ && dependencies_.clock.now() >= held_until_) {
        const auto& [planned, plan, understood] = std::tuple(held_->poll.planned, held_->poll.plan, held_->poll.ok);
        try {
            take_in(*std::exchange(held_, std::nullopt));
        } catch (...) {
            forget_answers();
            if (planned) {
                poll_failed(plan);
            }
            throw;
        }
        if (!held_ && understood) {
            diary_.is_well();
        }
    }
}

/// A request that is wrong, or not allowed, stays so: to ask again and again may get a key banned.
void SourceFlow::note_failure(const Error& error) {
    halted_ =
        !error.retryable && (error.code == ErrorCode::not_authorized || error.code == ErrorCode::invalid_argument);
    if (halted_) {
        diary_.halted(to_string(error.code), error.message + kHalted);
        dependencies_.log.error("source {}: {}{}", name_, error.message, kHalted);
    } else if (diary_.failed(to_string(error.code), error.message)) {
        const auto blocked = api_ != nullptr ? api_->blocked_until() : std::nullopt;
        const auto left = blocked.value_or(Clock::steady_time{}) - dependencies_.clock.now();
        dependencies_.log.warn(
            "source {}: {}; {}", name_, error.message,
            blocked ? fmt::format("all sources there wait, {} s", std::chrono::ceil<std::chrono::seconds>(left).count())
                    : "the next poll tries again");
    }
}

void SourceFlow::settled(const detail::SourceRows::Poll& poll) {
    if (poll.planned) {
        mode_->poll_settled(poll.plan, poll.ok);
    }
    if (!poll.delivered) {
        broken_.clear(); // it may be the one that did not arrive
    }
    if (poll.receipt != nullptr) {
        poll.receipt->complete(poll.delivered);
    }
}

/// Until when the API wants to hear nothing, or the budget has nothing over for the past.
Clock::steady_time SourceFlow::asked_to_wait(const PollPlan& plan) const {
    if (api_ == nullptr) {
        return Clock::steady_time::min();
    }
    api_->ask_for(plan.window ? SharedBudget::Use::past : SharedBudget::Use::news);
    return api_->blocked_until().value_or(Clock::steady_time::min());
}

/// A part of the past may have to wait for longer than what is new does.
Clock::steady_time SourceFlow::when_to_look_at(const PollPlan& plan) const {
    return std::min(std::max(plan.due, asked_to_wait(plan)), plan.news_due);
}

/// What was not taken in to the end is to come whole again: the source may say that nothing changed since.
void SourceFlow::forget_answers() {
    if (api_ != nullptr) {
        api_->forget();
    }
}

/// Which rows were settled before.
Status SourceFlow::ask_memory(std::span<const SourceRow> rows, std::vector<std::uint8_t>& known) {
    Status asked;
    std::vector<std::uint8_t> some;
    for (std::size_t first = 0; first < rows.size(); first += kAtOnce) {
        if (Status status = memory_.check(rows.subspan(first, std::min(kAtOnce, rows.size() - first)), some);
            asked.ok()) {
            asked = std::move(status);
        }
        known.insert(known.end(), some.begin(), some.end());
    }
    return asked;
}

/// Puts those that were not settled before, and are not on their way, behind the rows that wait.
std::size_t SourceFlow::keep_new(std::vector<SourceRow>& rows, std::span<const std::uint8_t> known) {
    const auto now = dependencies_.clock.now();
    const std::size_t before = rows_.open();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (known[i] == 0) {
            (void)rows_.add(rows[i], now);
        }
    }
    const std::size_t new_rows = rows_.open() - before;
    dependencies_.account->found(rows.size(), new_rows);
    return new_rows;
}

/// A connector is somebody else's code: what it throws is a failed fetch.
Result<Response> SourceFlow::fetch(const PollPlan& plan, const std::stop_token& stop) {
    HttpClient& http = api_ != nullptr ? static_cast<HttpClient&>(*api_) : http_;
    try {
        CursorStore* const cursors = plan_.options.shadow ? nullptr : &cursors_; // what it did is on no topic
        return plan_.connector->fetch(
            {.http = http, .stop = stop, .window = plan.window, .api = api_.get(), .cursors = cursors});
    } catch (const std::exception& error) {
        return Error{.code = ErrorCode::unavailable, .message = error.what(), .retryable = true};
    } catch (...) {
        return Error{.code = ErrorCode::unavailable, .message = "unknown exception", .retryable = true};
    }
}

/// An API may answer well and give out what is old: a cache, a station that is off. What is unchanged grows older.
void SourceFlow::look_at_age(const std::optional<Clock::system_time>& said) {
    payload_time_ = said ? said : payload_time_;
    if (!payload_time_) {
        return;
    }
    std::string why;
    if (api_ != nullptr && api_->note_payload_time(*payload_time_)) {
        std::string time;
        append_rfc3339(time, *payload_time_);
        why = fmt::format("stale: its newest data is of {}, longer ago than api.max_age_seconds ({})", time,
                          std::chrono::duration<double>(plan_.options.api->max_age).count());
    }
    if (!diary_.is_of(*payload_time_, why)) {
        return;
    }
    const auto now = dependencies_.clock.now();
    if (why.empty() && std::exchange(stale_is_told_, false)) {
        dependencies_.log.info("source {}: its data is fresh again", name_);
    } else if (!why.empty() && (!stale_told_ || now - *stale_told_ >= kStaleTold)) {
        stale_told_ = now;
        stale_is_told_ = true;
        dependencies_.log.warn("source {}: {}", name_, why);
    }
}

/// Whether an answer that cannot be understood is another one than those since the last good one: where no ids are
/// remembered, each poll would dead-letter it.
bool SourceFlow::is_news(const std::string& id) {
    constexpr std::size_t kMost = 100; // an answer that is another one each time is not remembered for ever
    if (broken_.size() >= kMost) {
        broken_.clear();
    }
    return broken_.insert(id).second;
}

/// An error: what was read before cannot be loaded, so revisions would pass for new.
Status SourceFlow::read(const Response& response, const std::stop_token& stop, Answer& into) {
    const SourceContext::Dependencies context{.service = service_,
                                              .source = name_,
                                              .log = dependencies_.log,
                                              .now = dependencies_.clock.system_now(),
                                              .state = &reading_.state()};
    SourceContext rows(context, stop);
    std::string failure;
    bool& understood = into.poll.ok;
    understood = false;
    try {
        plan_.handler(response, rows);
        understood = true;
    } catch (const std::exception& error) {
        failure = error.what();
    } catch (...) {
        failure = "unknown exception";
    }
    if (rows.state_trouble()) {
        return *rows.state_trouble();
    }
    if (!understood) {
        rows.reject_answer();
    }
    reading_.save();
    if (understood) {
        into.rows = std::move(rows.rows());
        reject_contested(into.rows, name_, rows.stamps());
        into.payload_time = rows.payload_time();
        return {};
    }
    if (diary_.failed(to_string(ErrorCode::malformed), failure)) {
        dependencies_.log.warn("source {}: the answer cannot be understood: {}; the next poll tries again", name_,
                               failure);
    }
    SourceContext whole(context, stop);
    whole.reject(response.body, failure);
    if (into.poll.receipt != nullptr || is_news(whole.rows().front().id)) {
        into.rows = std::move(whole.rows());
    }
    return {};
}

} // namespace streaming
