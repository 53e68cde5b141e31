#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/streaming/ingestion/source_leases.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_key_value_store.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kProcesses = 5;
constexpr milliseconds kStep = 50ms;
/// After the last trouble, everything has its one owner again by then.
constexpr milliseconds kMovesWithin = 10s;

/// Requests and answers that take their time: at most what a lease lasts, and half.
class SlowStore final : public KeyValueStore {
public:
    SlowStore(fakes::FakeClock& clock, fakes::FakeStore& store, std::mt19937& random, const bool& slow)
        : clock_(clock), connection_(store), random_(random), slow_(slow) {}

    Status ping() override { return connection_.ping(); }
    Status send(std::span<const StoreCommand> commands) override {
        dawdle();
        return connection_.send(commands);
    }
    Status receive(std::vector<StoreReply>& replies) override {
        dawdle();
        return connection_.receive(replies);
    }
    void close() noexcept override { connection_.close(); }

private:
    void dawdle() {
        if (slow_ && random_() % 100 == 0) {
            clock_.advance(milliseconds(random_() % 9000));
        }
    }

    fakes::FakeClock& clock_;
    fakes::FakeKeyValueStore connection_;
    std::mt19937& random_;
    const bool& slow_;
};

/// One process: it works when it is due, unless it is dead or stands still.
struct Process {
    Process(SlowStore store, fakes::FakeClock& clock, std::string name, std::vector<std::string> sources)
        : instance(std::move(name)), connection(std::move(store)) {
        sharing = make_source_sharing(
            {.mode = SharingMode::leases},
            {.clock = clock, .store = &connection, .log = log, .service = "ingest", .instance = instance});
        sharing->set_sources(std::move(sources));
    }

    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    std::string instance;
    SlowStore connection;
    std::unique_ptr<SourceSharing> sharing{};
    Clock::steady_time next{};
    Clock::steady_time stands_until{};
};

/// Processes that join, leave, die and stand still, and a store that fails, is away or loses all, by chance.
class Simulation {
public:
    explicit Simulation(unsigned seed) : random_(seed) {
        for (int i = 0; i < 24; ++i) {
            sources_.push_back("source-" + std::to_string(i));
        }
        for (std::size_t i = 0; i < 3; ++i) {
            join();
        }
    }

    void step(bool trouble) {
        trouble_ = trouble;
        if (trouble) {
            disturb();
        } else if (store_down_) {
            set_store_down(false);
        }
        for (const auto& process : processes_) {
            if (process->next <= clock_.now() && process->stands_until <= clock_.now()) {
                process->next = *process->sharing->maintain();
            }
        }
        clock_.advance(kStep);
        look();
    }

    [[nodiscard]] std::size_t max_owners() const { return max_owners_; }

    /// Each source is where rendezvous hashing puts it among those that live.
    void expect_settled() const {
        std::vector<std::string> members;
        for (const auto& process : processes_) {
            members.push_back(process->instance);
        }
        std::ranges::sort(members);
        for (const auto& process : processes_) {
            std::vector<std::string> share;
            std::ranges::copy_if(sources_, std::back_inserter(share),
                                 [&](const auto& source) { return member_of(source, members) == process->instance; });
            std::ranges::sort(share);
            EXPECT_EQ(process->sharing->status().owned, share) << process->instance;
            EXPECT_EQ(process->sharing->status().members, members);
        }
    }

private:
    [[nodiscard]] bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }
    [[nodiscard]] std::size_t any(std::size_t count) { return random_() % count; }

    void join() {
        processes_.push_back(std::make_unique<Process>(SlowStore(clock_, store_, random_, trouble_), clock_,
                                                       "process-" + std::to_string(++joined_), sources_));
        processes_.back()->next = clock_.now() + milliseconds(any(2000));
    }
    void set_store_down(bool down) { store_.set_down(store_down_ = down); }

    void disturb() {
        if (chance(0.004) && processes_.size() < kProcesses) {
            join();
        }
        if (chance(0.004) && processes_.size() > 1) {
            const auto gone = processes_.begin() + static_cast<std::ptrdiff_t>(any(processes_.size()));
            if (chance(0.5)) {
                (*gone)->sharing->leave();
            } // else it dies
            processes_.erase(gone);
        }
        if (chance(0.006)) {
            processes_[any(processes_.size())]->stands_until = clock_.now() + milliseconds(any(15'000));
        }
        if (chance(0.004)) {
            set_store_down(!store_down_);
        }
        if (chance(0.04) && store_.failed() == faults_) { // never more than one to come
            ++faults_;
            chance(0.5) ? store_.fail_next(1) : store_.fail_next_replies(1);
        }
        if (chance(0.001)) {
            store_.lose_everything();
        }
    }

    void look() {
        for (const std::string& source : sources_) {
            const auto owners = static_cast<std::size_t>(
                std::ranges::count_if(processes_, [&](const auto& one) { return one->sharing->may_poll(source); }));
            max_owners_ = std::max(max_owners_, owners);
        }
    }

    std::mt19937 random_;
    fakes::FakeClock clock_{};
    fakes::FakeStore store_{clock_};
    std::vector<std::string> sources_{};
    std::vector<std::unique_ptr<Process>> processes_{};
    std::size_t joined_ = 0;
    std::size_t faults_ = 0;
    std::size_t max_owners_ = 0;
    bool store_down_ = false;
    bool trouble_ = false;
};

class SourceLeasesSimulation : public testing::TestWithParam<unsigned> {};

TEST_P(SourceLeasesSimulation, NeverTwoOwnersAndAllOwnedWhenTheTroubleIsOver) {
    Simulation simulation(GetParam());
    for (int round = 0; round < 4; ++round) {
        for (int step = 0; step < 2000; ++step) { // 100 s
            simulation.step(true);
        }
        // 15 s: the longest that one stands still
        for (milliseconds time{0}; time < 15s + kMovesWithin; time += kStep) {
            simulation.step(false);
        }
        simulation.expect_settled();
    }
    EXPECT_EQ(simulation.max_owners(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SourceLeasesSimulation, testing::Range(1U, 9U));

} // namespace
