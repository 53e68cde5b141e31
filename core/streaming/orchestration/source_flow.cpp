#include "core/streaming/orchestration/source_flow.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <algorithm>
#include <span>

#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/infrastructure/key_value_cursor_store.hpp"
#include "core/streaming/ingestion/ingestion_mode_factory.hpp"

namespace streaming {

namespace {

/// Records handed to the queue at once.
constexpr std::size_t kAtOnce = 500;
constexpr std::chrono::milliseconds kTopicTimeout{10'000};
/// A source that has longer to wait for its first poll is well meanwhile.
constexpr std::chrono::minutes kLongForFirstPoll{1};
/// How often a source that another process polls looks whether it still does.
constexpr std::chrono::milliseconds kLookForLease{500};
/// Topics that could not be made for now are tried again, and what was read before, when it could not be loaded.
constexpr std::chrono::milliseconds kTriedAgain{1'000};
/// Of many records that were handed over some may be settled long before the others.
constexpr std::chrono::milliseconds kLookAtSettled{100};
/// A cron schedule follows the wall clock, which may be set.
constexpr std::chrono::minutes kLookAtWallClock{1};

bool same(const HttpOptions& one, const HttpOptions& other) {
    return one.user_agent == other.user_agent && one.connect_timeout == other.connect_timeout &&
           one.verify_tls == other.verify_tls;
}

} // namespace

SourceFlow::SourceFlow(Dependencies dependencies, std::string service, SourcePlan plan)
    : dependencies_(std::move(dependencies)),
      service_(std::move(service)),
      name_(plan.options.name),
      plan_(std::move(plan)),
      store_(detail::open_source_store(dependencies_.connections, dependencies_.clock, dependencies_.state_directory,
                                       service_ + "." + name_)),
      cursors_(dependencies_.cursors != nullptr ? std::move(dependencies_.cursors)
                                                : std::make_unique<KeyValueCursorStore>(*store_, service_),
               [this] { return is_mine(); }),
      memory_({.store = store_.get(),
               .clock = dependencies_.clock,
               .log = dependencies_.log,
               .scope = fmt::format("{}.{}", service_, name_)},
              memory_options()),
      reading_({.store = store_.get(), .clock = dependencies_.clock, .log = dependencies_.log}, reading_scope(),
               plan_.options.deduplication.ttl),
      store_is_file_(store_ != nullptr && !dependencies_.connections.has_store()),
      outlet_({.queue = dependencies_.queue,
               .resolver = dependencies_.resolver,
               .shadow_log = dependencies_.shadow_log,
               .line = dependencies_.line,
               .settled = settled_,
               .source = name_}),
      priority_(plan_.options.priority),
      diary_(dependencies_.clock) {
    configure_connector();
    make_mode();
}

SourceFlow::~SourceFlow() = default;

/// What a source in shadow read is remembered apart.
std::string SourceFlow::reading_scope() const {
    return fmt::format("{}.{}{}", service_, name_, plan_.options.shadow ? ".shadow" : "");
}

void SourceFlow::configure_connector() {
    if (!http_options_ || !same(*http_options_, plan_.options.http)) {
        http_.use(dependencies_.connections.make_http(plan_.options.http));
        http_options_ = plan_.options.http;
    }
    if (plan_.options.api && api_ == nullptr) {
        const std::scoped_lock lock(change_mutex_); // `status` looks at it
        api_ = std::make_unique<ApiClient>(ApiClient::Dependencies{.http = http_,
                                                                   .clock = dependencies_.clock,
                                                                   .hosts = dependencies_.api_hosts,
                                                                   .log = &dependencies_.log,
                                                                   .source = name_},
                                           *plan_.options.api);
    } else if (plan_.options.api) {
        api_->configure(*plan_.options.api);
    }
    plan_.connector->on_news([weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->news_ = true;
            self->dependencies_.wake(*self, self->dependencies_.clock.now());
        }
    });
}

/// The options were checked: only a schedule that is none could fail here.
void SourceFlow::make_mode() {
    auto mode = IngestionModeFactory::create_mode(plan_.options.ingestion, {.clock = dependencies_.clock,
                                                                            .log = dependencies_.log,
                                                                            .source = name_,
                                                                            .cursors = &cursors_,
                                                                            .place = dependencies_.place});
    if (mode) {
        mode_ = std::move(mode).value();
        return;
    }
    if (mode_ == nullptr) {
        throw std::invalid_argument(mode.error().message);
    }
    dependencies_.log.error("source {}: {}; it goes on as it was", name_, mode.error().message);
}

Status SourceFlow::start() {
    configure_connector();                 // again: only now somebody shares it
    tenure_ = dependencies_.tenure(name_); // first: the mode reads its cursor now
    look_at_file();
    if (mode_->next_poll(rows_.backlog()).due > dependencies_.clock.now() + kLongForFirstPoll) {
        diary_.is_well();
    }
    const Status made = make_topics();
    topics_missing_ = !made.ok() && made.error().retryable; // the broker may be away for a while: `run` tries again
    return topics_missing_ ? Status() : made;
}

bool SourceFlow::has_topics() {
    if (topics_missing_) {
        const Status made = make_topics();
        topics_missing_ = !made.ok();
        if (topics_missing_ && diary_.failed("topics", made.error().message)) {
            dependencies_.log.warn("source {}: {}; it is tried again", name_, made.error().message);
        }
    }
    return !topics_missing_;
}

bool SourceFlow::remembers() {
    const Status ready = reading_.ready();
    waits_for_reading_ = !ready.ok();
    if (waits_for_reading_) {
        (void)diary_.failed("state", ready.error().message); // the log knows
    }
    return !waits_for_reading_;
}

Status SourceFlow::make_topics() {
    const std::string topic = dependencies_.resolver.usual_topic(name_, plan_.options.topic);
    const std::vector<TopicSpec> topics{{.name = topic}, {.name = TopicNames::dead_letters(topic, name_)}};
    return plan_.options.shadow ? Status() : dependencies_.connections.topics().ensure(topics, kTopicTimeout);
}

void SourceFlow::run(const std::stop_token& stop) {
    look_at_tenure(); // first: what is settled of an earlier one is no business of the mode's
    take_settled();   // before the change: it belongs to what the source was until now
    take_change();
    if (news_.exchange(false)) {
        mode_->arrived();
    }
    try_held();
    hand_over(stop);
    if (!stop.stop_requested() && !halted_ && !held_ && has_topics()) {
        const PollPlan plan = mode_->next_poll(rows_.backlog());
        polling_ = std::max(plan.due, asked_to_wait(plan)) <=
                   dependencies_.clock.now(); // first: whoever takes the source away looks at it
        if (polling_ && is_mine() && remembers()) {
            poll(plan, stop);
            polling_ = false;
            publish(); // first: from here on what is in flight may be settled at any time
            hand_over(stop);
        }
        polling_ = false;
    }
    publish();
}

bool SourceFlow::is_mine() const { return tenure_ && dependencies_.tenure(name_) == tenure_; }

/// Another process may have moved the cursor since it was this one's before, were it between two runs.
void SourceFlow::look_at_tenure() {
    if (const auto tenure = dependencies_.tenure(name_); tenure && tenure != tenure_) {
        tenure_ = tenure;
        renew_mode();
        reading_.reload();
    }
}

void SourceFlow::part() {
    plan_.connector->on_news({});
    plan_.connector->end();
}

void SourceFlow::finish() {
    hand_over_rest();
    take_settled();
    publish();
}

void SourceFlow::hand_over_rest() {
    plan_.connector->end();
    while (rows_.waiting() > 0 && give(std::min(rows_.waiting(), kAtOnce))) {
    }
    granted_ = 0;
    publish();
}

void SourceFlow::settle_rest() {
    take_settled();
    (void)memory_.remember({}).ok(); // what could not be stored before
    publish();
}

Clock::steady_time SourceFlow::next_run() {
    const auto now = dependencies_.clock.now();
    auto due = when_to_look_at(mode_->next_poll(rows_.backlog()));
    if (due <= now && (topics_missing_ || waits_for_reading_)) {
        due = now + kTriedAgain;
    } else if (held_) {
        due = held_until_;
    } else if (halted_) {
        due = now + kLookAtWallClock; // for nothing but a life sign
    } else if (due <= now && !is_mine()) {
        due = now + kLookForLease;
    } else if (mode_->kind() == IngestionKind::batch) {
        due = std::min<Clock::steady_time>(due, now + kLookAtWallClock);
    }
    if (!settled_.empty()) {
        due = std::min<Clock::steady_time>(due, now + kLookAtSettled);
    }
    return std::min(due, ask_again_);
}

void SourceFlow::configure(SourceOptions options, std::unique_ptr<Connector> connector, SourceHandler handler) {
    std::optional<Change> change = Change{std::move(options), std::move(connector), std::move(handler)};
    {
        const std::scoped_lock lock(change_mutex_);
        change_.swap(change);
        if (change && change_->connector == nullptr) { // one that was not taken yet brought another one
            change_->connector = std::move(change->connector);
        }
        if (change && !change_->handler) {
            change_->handler = std::move(change->handler);
        }
    } // what is over ends without the lock
    dependencies_.wake(*this, dependencies_.clock.now());
}

void SourceFlow::take_change() {
    std::optional<Change> change;
    {
        const std::scoped_lock lock(change_mutex_);
        change = std::exchange(change_, std::nullopt);
    }
    if (!change) {
        return;
    }
    const bool other_mode = !(change->options.ingestion == plan_.options.ingestion);
    const bool other_topic =
        change->options.shadow != plan_.options.shadow || change->options.topic != plan_.options.topic;
    plan_.options = std::move(change->options);
    if (std::exchange(halted_, false)) {
        diary_.goes_on();
    }
    priority_ = plan_.options.priority;
    if (change->connector != nullptr) {
        payload_time_.reset();
        diary_.is_of_no_time();
        plan_.connector->on_news({});
        plan_.connector->end();
        plan_.connector = std::move(change->connector);
    }
    if (change->handler) {
        plan_.handler = std::move(change->handler);
    }
    configure_connector();
    news_ = true; // what was pushed to a new connector before it was listened to
    memory_.configure(memory_options());
    reading_.configure(reading_scope(), plan_.options.deduplication.ttl);
    topics_missing_ = topics_missing_ || other_topic;
    if (other_mode) {
        renew_mode();
    }
}

void SourceFlow::renew_mode() {
    earlier_ = mode_counts();
    rows_.forget_plans();
    if (held_) {
        held_->poll.planned = false;
    }
    make_mode();
}

void SourceFlow::hand_over(const std::stop_token& stop) {
    for (;;) {
        granted_ = std::min(granted_, rows_.waiting()); // something may have thrown while they were handed over
        while (granted_ > 0) { // those that the mode let go and that found no room yet come first
            const std::size_t before = rows_.waiting();
            const bool all = !stop.stop_requested() && give(std::min(granted_, kAtOnce));
            granted_ -= std::min(granted_, before - rows_.waiting());
            if (!all) {
                // Room wakes it, and that nobody is before it in the line any more is seen soon.
                ask_again_ =
                    outlet_.stands_back() ? dependencies_.clock.now() + kLookAtSettled : Clock::steady_time::max();
                return;
            }
            take_settled();
        }
        const HandOver now = mode_->hand_over(rows_.backlog());
        ask_again_ = now.again;
        granted_ = now.rows;
        if (now.rows == 0) {
            return;
        }
    }
}

bool SourceFlow::give(std::size_t count) { return outlet_.give(rows_, count, plan_.options, weak_from_this().lock()); }

Clock::steady_time SourceFlow::failed(const char* why) noexcept {
    try {
        if (diary_.failed("exception", why)) {
            dependencies_.log.error("source {}: {}", name_, why);
        }
    } catch (...) { // NOLINT(bugprone-empty-catch): there is no memory even to say so; the next run says it
    }
    return dependencies_.clock.now();
}

void SourceFlow::on_settled(std::string_view id, Settlement settlement) noexcept {
    const auto look = settled_.put(id, settlement);
    if (look == detail::SettlementInbox::Look::now) {
        dependencies_.wake(*this, dependencies_.clock.now());
    } else if (look == detail::SettlementInbox::Look::soon) {
        dependencies_.wake(*this, dependencies_.clock.now() + kLookAtSettled);
    }
}

void SourceFlow::take_settled() {
    const detail::SettlementInbox::Settled news = settled_.take();
    if (news.size() == 0) {
        return;
    }
    const std::vector<std::string_view> ids = news.ids();
    std::vector<std::string_view> stored;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const Settlement settlement = news.settlement(i);
        if (settlement != Settlement::given_up && settlement != Settlement::dropped) {
            stored.push_back(ids[i]);
        }
    }
    note_store(memory_.remember(stored), "rows may be repeated after a restart");
    for (std::size_t i = 0; i < ids.size(); ++i) { // after the marks: a cursor must not be ahead of them
        const auto done = rows_.settle(ids[i], news.settlement(i));
        dependencies_.account->settled(news.settlement(i), done.rejected);
        if (news.settlement(i) == Settlement::given_up) {
            forget_answers();
        }
        std::ranges::for_each(done.polls, [this](const auto& poll) { settled(poll); });
    }
}

} // namespace streaming
