// A day of 100 sources in seconds: the real modes, client, source types, queue and throttle, one after the other on a
// time that is simulated. Each source has a thread of its own in it: what one waits for, others do not. The pool of
// threads and the producer are played by the simulation.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "core/streaming/ingestion/api_client.hpp"
#include "core/streaming/ingestion/ingestion_mode_factory.hpp"
#include "core/streaming/ingestion/queue_manager.hpp"
#include "core/streaming/ingestion/throttling_manager.hpp"
#include "services/ingest/source_types.hpp"
#include "tests/support/simulated_day.hpp"

namespace {

using namespace std::chrono_literals;
using namespace streaming;
using tests::Agenda;
using tests::SimulatedApi;
using tests::SimulatedClock;
using tests::Time;
using tests::Trace;

constexpr std::size_t kSources = 100;

struct World {
    SimulatedClock clock{};
    Trace trace{};
    Agenda agenda{clock};
    QueueManager queue{clock, {}};
    ThrottlingManager throttle{clock, {.target_consumer_lag = 100, .critical_consumer_lag = 200}};
    spdlog::logger log{"day", std::make_shared<spdlog::sinks::null_sink_st>()};
    SourceTypes types = services::ingest::source_types();
    Time calm{}; ///< the broker refuses nothing from then on, so that all can come again before the end
    std::vector<std::function<void()>> settled{}; ///< who is to look at what was settled
    bool closing = false;                         ///< polls no more
    std::function<void()> on_queued{};            ///< wakes the drain
};

IngestionOptions when(std::size_t place) {
    const std::chrono::seconds interval = place % 20 == 0   ? 10s
                                          : place % 10 == 5 ? 30s
                                                            : std::array{60s, 120s, 300s, 600s}.at(place % 4);
    const auto kind = static_cast<IngestionKind>(place % 3);
    return {.mode = kind, .polling_interval = interval, .schedule_interval = interval};
}

/// One source, as the runtime would run it.
class Source final : public SettlementListener, public std::enable_shared_from_this<Source> {
public:
    Source(World& world, std::size_t place, std::uint64_t seed)
        : world_(world),
          name_(fmt::format("source_{:02}", place)),
          interval_(std::chrono::duration_cast<std::chrono::seconds>(when(place).polling_interval)),
          type_(std::array{"nasa_firms", "http_json", "http_csv", "iot_sensor"}.at(place / 3 % 4)),
          api_(world.clock, world.trace, name_,
               {.type = type_, .period = std::max<std::chrono::seconds>(120s, 6 * interval_), .seed = seed + place}),
          client_({.http = api_, .clock = world.clock}, {.cache_ttl = 0ms}),
          mode_(make_mode(place)),
          parts_(make_parts()) {}

    /// Whatever is due.
    void look() {
        take_settled();
        hand_over();
        if (world_.closing || polling_) {
            return;
        }
        const PollPlan plan = mode_->next_poll(backlog());
        if (plan.due <= world_.clock.now()) {
            poll(plan);
        } else if (plan.due != Time::max() && plan.due != look_at_) {
            look_at_ = plan.due;
            look_later(plan.due);
        }
    }
    void on_settled(std::string_view id, Settlement settlement) noexcept override {
        if (settled_.empty()) {
            world_.settled.emplace_back([this] { look(); });
        }
        settled_.emplace_back(id, settlement);
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::chrono::seconds interval() const { return interval_; }
    [[nodiscard]] const SimulatedApi& api() const { return api_; }
    [[nodiscard]] ModeCounts counts() const { return mode_->counts(); }
    [[nodiscard]] const std::vector<Time>& polls() const { return starts_; }
    [[nodiscard]] std::size_t acknowledged() const { return done_.size(); }
    [[nodiscard]] std::size_t open() const { return open_.size(); }
    [[nodiscard]] std::size_t rejected() const { return rejected_; }

private:
    struct Poll {
        PollPlan plan{};
        std::size_t left = 0;
        bool ok = true;
    };

    std::unique_ptr<IngestionMode> make_mode(std::size_t place) const {
        auto mode = IngestionModeFactory::create_mode(
            when(place), {.clock = world_.clock, .log = world_.log, .source = name_, .place = place});
        EXPECT_TRUE(mode.ok());
        return std::move(mode).value();
    }
    SourceParts make_parts() const {
        SourceSettings settings{.source_type = type_};
        if (type_ == "nasa_firms") {
            settings.custom_params["map_key"] = "key";
        } else if (type_ != "iot_sensor") {
            settings.custom_params["natural_key"] = "id";
        }
        auto parts = world_.types.make(
            {.name = name_, .settings = settings, .endpoint = "http://" + name_, .clock = world_.clock});
        EXPECT_TRUE(parts.ok()) << parts.error().message;
        return parts ? std::move(parts).value() : SourceParts{};
    }

    void look_later(Time time) {
        world_.agenda.at(time, [this] { look(); });
    }
    [[nodiscard]] Backlog backlog() const {
        return {.waiting = waiting_.size(),
                .oldest = waiting_.empty() ? Time{} : waiting_.front().fetched,
                .unsettled = open_.size() - waiting_.size()};
    }

    /// The fetch has its own time: the others go on meanwhile.
    void poll(const PollPlan& plan) {
        const Time begin = world_.clock.now();
        world_.trace.add(begin, name_, "poll");
        starts_.push_back(begin);
        mode_->poll_started(plan);
        polling_ = true;
        auto answer = std::make_shared<Result<Response>>(
            parts_.connector->fetch({.http = client_, .stop = {}, .window = plan.window}));
        const Time end = world_.clock.now();
        world_.clock.set(begin);
        world_.agenda.at(end, [this, plan, answer] {
            polling_ = false;
            ended(plan, *answer);
            look();
        });
    }
    void ended(const PollPlan& plan, const Result<Response>& answer) {
        if (!answer) {
            world_.trace.add(world_.clock.now(), name_, to_string(answer.error().code));
            mode_->poll_ended(plan, {.ok = false});
            mode_->poll_settled(plan, false);
            return;
        }
        SourceContext context(
            {.service = "ingest", .source = name_, .log = world_.log, .now = world_.clock.system_now()}, {});
        parts_.handler(answer.value(), context);
        const std::size_t added = add_new(context.rows(), plan.ticket);
        world_.trace.add(world_.clock.now(), name_, "rows", added);
        mode_->poll_ended(plan, {.ok = true, .rows = context.rows().size(), .new_rows = added});
        if (added == 0) {
            mode_->poll_settled(plan, true);
        } else {
            polls_[plan.ticket] = {.plan = plan, .left = added};
        }
    }
    std::size_t add_new(std::vector<SourceRow>& rows, std::uint64_t ticket) {
        std::size_t added = 0;
        for (SourceRow& row : rows) {
            rejected_ += row.rejected ? 1 : 0;
            if (done_.contains(row.id) || !open_.try_emplace(row.id, ticket).second) {
                continue;
            }
            ++added;
            waiting_.push_back({.id = std::move(row.id),
                                .source = name_,
                                .topic = "events",
                                .key = std::move(row.key),
                                .payload = std::move(row.payload),
                                .fetched = world_.clock.now(),
                                .listener = shared_from_this()});
        }
        return added;
    }

    void hand_over() {
        for (;;) {
            const HandOver now = mode_->hand_over(backlog());
            std::vector<IngestionRecord> records(
                std::make_move_iterator(waiting_.begin()),
                std::make_move_iterator(waiting_.begin() + static_cast<std::ptrdiff_t>(now.rows)));
            waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(now.rows));
            const std::size_t queued = world_.queue.try_enqueue_batch(records);
            EXPECT_EQ(queued, now.rows) << "the queue is full";
            if (queued > 0) {
                world_.on_queued();
            }
            if (now.again != Time::max() && now.again > world_.clock.now() && now.again != again_) {
                again_ = now.again;
                look_later(now.again);
            }
            if (now.rows == 0) {
                return;
            }
        }
    }
    void take_settled() {
        for (const auto& [id, settlement] : std::exchange(settled_, {})) {
            const auto found = open_.find(id);
            ASSERT_NE(found, open_.end()) << id << " was settled twice";
            Poll& poll = polls_.at(found->second);
            if (settlement == Settlement::acknowledged) {
                done_.insert(id);
            } else {
                poll.ok = false;
            }
            open_.erase(found);
            if (--poll.left == 0) {
                mode_->poll_settled(poll.plan, poll.ok);
                polls_.erase(poll.plan.ticket);
            }
        }
    }

    World& world_;
    const std::string name_;
    const std::chrono::seconds interval_;
    const std::string type_;
    SimulatedApi api_;
    ApiClient client_;
    std::unique_ptr<IngestionMode> mode_;
    SourceParts parts_;
    bool polling_ = false;
    Time look_at_{};
    Time again_{};
    std::deque<IngestionRecord> waiting_{};
    std::unordered_map<std::string, std::uint64_t> open_{}; ///< id -> poll
    std::unordered_set<std::string> done_{};
    std::map<std::uint64_t, Poll> polls_{};
    std::vector<std::pair<std::string, Settlement>> settled_{};
    std::vector<Time> starts_{};
    std::size_t rejected_ = 0;
};

/// Takes batches when the throttle lets it, and settles them when the broker has them, or, now and then, has not.
class Drain {
public:
    Drain(World& world, std::uint64_t seed) : world_(world), random_(seed) {
        world_.on_queued = [this] { wake(world_.clock.now()); };
    }

    [[nodiscard]] std::size_t holds() const { return holds_; }
    [[nodiscard]] std::size_t refused() const { return refused_; }

private:
    void wake(Time time) {
        if (!std::exchange(awake_, true)) {
            world_.agenda.at(time, [this] { step(); });
        }
    }
    void step() {
        const auto decision = world_.throttle.check_and_throttle(lag(), "all");
        holds_ += decision.delay > 0ms ? 1 : 0;
        world_.trace.add(world_.clock.now(), "drain", "check", static_cast<std::uint64_t>(decision.delay.count()));
        world_.agenda.at(world_.clock.now() + decision.delay, [this] { send(); });
    }
    void send() {
        auto batch = std::make_shared<std::vector<IngestionRecord>>(world_.queue.dequeue_batch(500));
        const bool refused = random_() % 100 == 0 && world_.clock.now() < world_.calm;
        refused_ += refused ? 1 : 0;
        produced_ += refused ? 0 : batch->size();
        world_.trace.add(world_.clock.now(), "drain", refused ? "refused" : "sent", batch->size());
        world_.agenda.at(world_.clock.now() + std::chrono::milliseconds(2 + random_() % 30), [this, batch, refused] {
            for (const IngestionRecord& record : *batch) {
                record.settle(refused ? Settlement::given_up : Settlement::acknowledged);
            }
            for (const auto& look : std::exchange(world_.settled, {})) {
                look();
            }
        });
        awake_ = false;
        if (world_.queue.size() > 0) {
            wake(world_.clock.now() + 1ms);
        }
    }
    /// A consumer that stands still for 20 minutes in each three hours.
    std::uint64_t lag() {
        const auto now = world_.clock.now().time_since_epoch();
        const bool stands_still = now % 3h < 20min;
        const double passed = std::chrono::duration<double>(now - looked_).count();
        looked_ = now;
        consumed_ = stands_still ? consumed_ : std::min(static_cast<double>(produced_), consumed_ + passed * 50);
        return produced_ - static_cast<std::uint64_t>(consumed_);
    }

    World& world_;
    std::mt19937_64 random_;
    bool awake_ = false;
    std::uint64_t produced_ = 0;
    double consumed_ = 0;
    std::chrono::nanoseconds looked_{0};
    std::size_t holds_ = 0;
    std::size_t refused_ = 0;
};

/// All sources from their start for so long, and until all that was fetched is settled.
struct Day {
    explicit Day(std::uint64_t seed, std::chrono::hours length = 24h) : drain(world, seed) {
        world.calm = Time{} + length - 1h;
        for (std::size_t place = 0; place < kSources; ++place) {
            sources.push_back(std::make_shared<Source>(world, place, seed * 1000));
            world.agenda.at(Time{}, [source = sources.back().get()] { source->look(); });
        }
        while (world.agenda.next(Time{} + length)) {
        }
        world.closing = true;
        for (const auto& source : sources) {
            source->look();
        }
        while (world.agenda.next(Time{} + length + 12h)) {
        }
    }

    World world{};
    std::vector<std::shared_ptr<Source>> sources{};
    Drain drain;
};

std::size_t most_first_polls_in_a_second(const Day& day) {
    std::map<std::int64_t, std::size_t> first;
    std::size_t most = 0;
    for (const auto& source : day.sources) {
        most = std::max(most, ++first[source->polls().front().time_since_epoch() / 1s]);
    }
    return most;
}

TEST(SimulatedDay, PollsHundredSourcesAsPlannedPolitelyAndLosesNothing) {
    const Day day(1);
    EXPECT_LE(most_first_polls_in_a_second(day), 5U);
    std::size_t failures = 0;
    std::size_t refusals = 0;
    for (const auto& source : day.sources) {
        SCOPED_TRACE(source->name());
        const ModeCounts counts = source->counts();
        const auto planned = static_cast<double>(24h / source->interval());
        const auto repeated = static_cast<double>(source->api().failures()); // of a schedule, soon after
        EXPECT_LE(static_cast<double>(counts.polls), 1.1 * planned + repeated);
        EXPECT_GE(static_cast<double>(counts.polls), 0.7 * planned);
        EXPECT_EQ(counts.polls, source->polls().size());
        EXPECT_FALSE(source->api().has_gap());
        EXPECT_EQ(source->acknowledged(), source->api().shown());
        EXPECT_EQ(source->open(), 0U);
        EXPECT_EQ(source->rejected(), 0U);
        EXPECT_EQ(source->api().impolite(), 0U);
        failures += source->api().failures();
        refusals += source->api().refusals();
    }
    EXPECT_GT(failures, 1000U);
    EXPECT_GT(refusals, 500U);
    EXPECT_GT(day.drain.holds(), 0U);
    EXPECT_GT(day.drain.refused(), 100U);
}

TEST(SimulatedDay, IsTheSameForOneSeedAndAnotherForAnother) {
    const auto hash = [](std::uint64_t seed) { return Day(seed, 4h).world.trace.hash(); };
    const auto first = hash(7);
    EXPECT_EQ(hash(7), first);
    EXPECT_NE(hash(8), first);
}

} // namespace
