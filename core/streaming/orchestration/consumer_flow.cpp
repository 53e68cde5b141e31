#include "core/streaming/orchestration/consumer_flow.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/streaming/orchestration/flow_lag.hpp"
#include "core/streaming/orchestration/loop_trouble.hpp"

namespace streaming {

using detail::FlightBatch;
using detail::InboxNode;
using detail::RecordTask;
using Which = detail::PartitionTable::Which;

namespace {

/// How long an idle flow sleeps at most before it looks at its timers.
constexpr std::chrono::milliseconds kIdleWait{250};
constexpr std::chrono::seconds kLookEvery{1};
/// How often counters are copied to where readers see them, while the flow is busy.
constexpr std::chrono::milliseconds kPublishEvery{20};
/// A flow that could take nothing for this long pauses its partitions, which costs what was prefetched, and polls.
constexpr std::chrono::milliseconds kPauseAfter{10'000};
constexpr std::chrono::milliseconds kTopicTimeout{10'000};
constexpr std::uint64_t kCommitAgainEvery = 30;

} // namespace

ConsumerFlow::ConsumerFlow(Dependencies dependencies, const std::string& service, ConsumerPlan plan)
    : dependencies_(std::move(dependencies)),
      plan_(std::move(plan)),
      identity_{.service = service, .flow = plan_.name, .group = plan_.options.group_id},
      dead_letters_(identity_),
      layer_({.flow = identity_,
              .handlers = plan_.handlers,
              .errors = dependencies_.errors,
              .dead_letters = dead_letters_,
              .clock = dependencies_.clock,
              .log = dependencies_.log},
             {.strict_types = plan_.error_handling.strict_types,
              .max_message_bytes = dependencies_.connections.max_message_bytes()}),
      consumer_(dependencies_.connections.make_consumer(plan_.options)),
      pool_(*this),
      intake_(pool_, partitions_, {.deduplicate = plan_.deduplication.enabled && !plan_.options.broadcast}),
      ledger_(pool_),
      stuck_(plan_.options.handler_timeout, dependencies_.log),
      inbox_(dependencies_.clock, *consumer_),
      state_wait_(plan_.options.catch_up_first ? nullptr : dependencies_.state, [this] { inbox_.nudge(); }),
      status_(identity_.flow) {
    if (plan_.deduplication.enabled && !plan_.options.broadcast) {
        filter_ = std::make_unique<detail::DuplicateFilter>(
            detail::DuplicateFilter::Dependencies{.store = dependencies_.connections.open_store(),
                                                  .clock = dependencies_.clock,
                                                  .log = dependencies_.log},
            plan_.deduplication,
            plan_.deduplication.key_style == KeyStyle::per_id ? identity_.service : identity_.group);
    }
}

ConsumerFlow::~ConsumerFlow() {
    if (!status_.is_started()) {
        consumer_->stop(); // it may have subscribed, and reports to what is destroyed before it
    }
    (void)stop(dependencies_.clock.now());
    lanes_.end();
    if (poll_thread_.joinable()) {
        poll_thread_.join();
    }
}

Status ConsumerFlow::start() {
    if (Status status = make_dead_letter_topics(); !status.ok()) {
        return status;
    }
    if (Status status = consumer_->start(*this); !status.ok()) {
        return status;
    }
    lanes_.start({.layer = layer_,
                  .producer = dependencies_.connections.producer(),
                  .clock = dependencies_.clock,
                  .owner = *this,
                  .ordering = plan_.options.ordering},
                 plan_.options.workers);
    poll_thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    status_.started();
    return {};
}

Status ConsumerFlow::make_dead_letter_topics() {
    std::vector<TopicSpec> specs;
    for (const auto& topic : plan_.options.topics) {
        specs.push_back({.name = dead_letters_.topic_for(topic)});
    }
    return dependencies_.connections.topics().ensure(specs, kTopicTimeout);
}

void ConsumerFlow::begin_stop(Clock::steady_time deadline) noexcept {
    if (!status_.is_started()) {
        return;
    }
    {
        const std::scoped_lock lock(stop_mutex_);
        if (poll_thread_.get_stop_token().stop_requested()) {
            return;
        }
        stop_deadline_ = deadline;
        poll_thread_.request_stop();
    }
    inbox_.nudge();
}

std::size_t ConsumerFlow::stop(Clock::steady_time deadline) noexcept {
    begin_stop(deadline);
    return status_.is_started() ? status_.wait_until_finished() : 0;
}

// ------------------------------------------------------------------ the poll thread

void ConsumerFlow::run(const std::stop_token& stop) {
    const auto now = dependencies_.clock.now();
    next_commit_ = now + plan_.options.commit_interval;
    next_look_ = now;
    last_poll_ = now;
    try {
        while (!stop.stop_requested() && !status_.has_ended()) {
            poll_once(stop);
        }
    } catch (...) { // the books may be open in the middle: what is not finished in them is never committed
        threw("the poll thread");
    }
    status_.finished(drain(stop));
}

void ConsumerFlow::poll_once(const std::stop_token& stop) {
    settle();
    housekeeping(dependencies_.clock.now());
    const bool held_back = filter_ != nullptr && filter_->holding_back();
    if (held_back) {
        answer_oldest();
    }
    if (room() == 0 || (filter_ != nullptr && (filter_->crowded() || filter_->holding_back())) || !state_wait_.over()) {
        hold_on(stop);
        return;
    }
    full_ = false;
    last_poll_ = dependencies_.clock.now();
    consume();
}

std::size_t ConsumerFlow::room() const noexcept {
    const std::size_t in_flight = ledger_.in_flight();
    if (in_flight >= plan_.options.max_in_flight || ledger_.bytes() >= plan_.options.max_in_flight_bytes) {
        return 0;
    }
    return std::min(plan_.options.max_batch, plan_.options.max_in_flight - in_flight);
}

void ConsumerFlow::consume() {
    const bool asking = filter_ != nullptr && !filter_->idle();
    if (polled_.empty()) {
        poll(asking);
    }
    if (!polled_.empty()) {
        if (state_wait_.over()) { // else partitions came within this very poll: the records wait in `polled_`
            take_polled();
        }
    } else if (asking) {
        answer_oldest();
    }
    for (const TopicOffset& end : std::exchange(ends_reached_, {})) {
        partitions_.find(end.topic, end.partition).tracker.reach(end.offset);
    }
}

void ConsumerFlow::poll(bool asking) {
    if (filter_ != nullptr && !asking) {
        filter_->flush(); // no look-up is on its way to take the marks along, and a crash would repeat what has none
    }
    const Status status =
        asking ? consumer_->consume(std::chrono::milliseconds(0), room(), polled_)
               : inbox_.sleep_in_consumer([this](bool may_sleep) {
                     if (may_sleep) {
                         publish();
                     }
                     return consumer_->consume(may_sleep ? kIdleWait : std::chrono::milliseconds(0), room(), polled_);
                 });
    if (!status.ok()) {
        consume_trouble_ = status.error().message;
        broker_away_ = status.error().code == ErrorCode::unavailable;
        if (!status.error().retryable) {
            end(status.error());
        }
    } else {
        consume_trouble_.clear();
        broker_away_ = false;
    }
}

void ConsumerFlow::take_polled() {
    FlightBatch& batch = intake_.read(polled_);
    ledger_.taken(batch);
    in_flight_.store(ledger_.in_flight(), std::memory_order_release);
    if (filter_ == nullptr) {
        dispatch(batch, nullptr);
        return;
    }
    filter_->begin(batch);
    if (filter_->crowded()) {
        answer_oldest();
    }
}

void ConsumerFlow::hold_on(const std::stop_token& stop) {
    const auto now = dependencies_.clock.now();
    if (filter_ != nullptr && !filter_->idle() && !filter_->holding_back()) {
        answer_oldest();
        return;
    }
    if (!std::exchange(full_, true)) {
        full_since_ = now;
    }
    publish();
    const auto patience = plan_.options.max_poll_interval / 3;
    if (now - full_since_ >= std::min(kPauseAfter, patience) || now - last_poll_ >= patience) {
        last_poll_ = now;
        if (Status status = consumer_->keep_membership(); !status.ok() && !status.error().retryable) {
            end(status.error());
        }
    }
    inbox_.sleep_here(now + kIdleWait, stop);
}

void ConsumerFlow::answer_oldest() {
    if (filter_->idle()) {
        return;
    }
    if (const auto answer = filter_->finish(); answer.batch != nullptr) {
        dispatch(*answer.batch, answer.duplicates);
    }
}

/// Until none is waiting, or the store holds them back.
void ConsumerFlow::answer_all() {
    while (filter_ != nullptr && !filter_->idle() && !filter_->holding_back()) {
        answer_oldest();
    }
}

void ConsumerFlow::dispatch(FlightBatch& batch, const std::vector<std::uint8_t>* duplicates) {
    std::size_t asked = 0;
    for (RecordTask* task : batch.tasks) {
        const bool duplicate = task->deduplicated && duplicates != nullptr && (*duplicates)[asked++] != 0;
        if (duplicate) {
            finish(*task, Outcome::duplicate);
        } else if (ledger_.admit(*task)) {
            lanes_.add(*task);
        }
    }
    lanes_.hand_over(batch);
    close_books();
}

void ConsumerFlow::housekeeping(Clock::steady_time now) {
    if (now >= next_commit_) {
        next_commit_ = now + plan_.options.commit_interval;
        // Now and then again what was asked for: a commit in the background may have failed unseen.
        commit(CommitMode::background, ++commits_ % kCommitAgainEvery == 0 ? Which::all : Which::unsent);
    }
    if (now >= next_look_) {
        next_look_ = now + kLookEvery;
        look_around(now);
    }
    if (now >= next_publish_) {
        next_publish_ = now + kPublishEvery;
        publish();
    }
}

/// What is wrong, for health and the connections' state.
void ConsumerFlow::look_around(Clock::steady_time now) {
    detail::measure_lag(partitions_, *consumer_, intake_.last_timestamp(), dependencies_.clock, ledger_.counts());
    std::string trouble = stuck_.look(lanes_.lanes(), now);
    if (!trouble.empty() && plan_.error_handling.on_handler_timeout == HandlerTimeoutPolicy::exit) {
        end({.code = ErrorCode::timed_out, .message = trouble});
    }
    dependencies_.connections.report("kafka", broker_away_ ? ConnectionPhase::down : ConnectionPhase::up,
                                     broker_away_ ? consume_trouble_ : "");
    if (filter_ != nullptr && filter_->has_store()) {
        dependencies_.connections.report("redis " + identity_.flow,
                                         filter_->store_ok() ? ConnectionPhase::up : ConnectionPhase::degraded,
                                         filter_->store_ok() ? "" : "deduplication store fails");
    }
    if (trouble.empty() && filter_ != nullptr && filter_->holding_back()) {
        trouble = "waiting for the deduplication store";
    }
    if (trouble.empty() && !state_wait_.over()) {
        trouble = "waiting for the flows that catch up first";
    }
    status_.set_trouble(trouble.empty() ? consume_trouble_ : trouble);
}

void ConsumerFlow::publish() {
    FlowCounts& counts = ledger_.counts();
    counts.retries = retries_.load(std::memory_order_relaxed);
    counts.sent = sent_.load(std::memory_order_relaxed);
    counts.send_failed = send_failed_.load(std::memory_order_relaxed);
    counts.missing_ids = intake_.missing_ids();
    counts.dedup_store_errors = filter_ != nullptr ? filter_->store_errors() : 0;
    dependencies_.metrics->publish(counts);
}

// ------------------------------------------------------------------ lanes and the delivery thread

void ConsumerFlow::on_delivery(DeliveryTicket& ticket, const Delivery& delivery) noexcept {
    auto& task = static_cast<RecordTask&>(ticket);
    if (delivery.error != nullptr) {
        send_failed_.fetch_add(1, std::memory_order_relaxed);
        if (!task.delivery_failed.exchange(true, std::memory_order_acq_rel)) {
            task.delivery_error = std::make_unique<Error>(*delivery.error);
        }
    } else {
        sent_.fetch_add(1, std::memory_order_relaxed);
    }
    if (task.undelivered.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        inbox_.push(&task, &task);
    }
}

void ConsumerFlow::on_delivery_batch_end() noexcept { inbox_.wake_sleeper(); }

void ConsumerFlow::on_lane_done(InboxNode* first, InboxNode* last) noexcept {
    inbox_.push(first, last);
    inbox_.wake_sleeper();
}

void ConsumerFlow::on_retry() noexcept { retries_.fetch_add(1, std::memory_order_relaxed); }

void ConsumerFlow::on_halt(const RecordTask& task) noexcept {
    const ConsumedRecord& record = *task.state.record;
    end({.code = ErrorCode::stopped,
         .message = fmt::format("{}:{}:{} failed and on_exhausted is stop: {}", record.topic, record.partition,
                                record.offset, task.state.failure ? task.state.failure->text : "")});
}

/// Ends the flow by what is being handled: it cannot know how far its books are right.
void ConsumerFlow::threw(const char* who) noexcept {
    try {
        end({.code = ErrorCode::fatal,
             .message = fmt::format("{} cannot go on: {}", who, detail::text_of_current_exception())});
    } catch (...) {
        end({.code = ErrorCode::fatal, .message = "out of memory"}); // so short that it needs none
    }
}

void ConsumerFlow::end(const Error& why) noexcept {
    if (!status_.end(why)) {
        return;
    }
    dependencies_.log.error("the flow ends: {}", why.message);
    inbox_.nudge();
    if (dependencies_.on_ended) {
        dependencies_.on_ended(why);
    }
}

} // namespace streaming
