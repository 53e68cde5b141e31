#include "core/streaming/ingestion/source_leases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/redis_key_value_store.hpp"
#include "core/streaming/infrastructure/system_clock.hpp"
#include "tests/support/redis_server.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLease = 1500ms;
constexpr std::size_t kSources = 12;

std::string source(std::size_t i) { return "source-" + std::to_string(i); }

/// When the other process last polled each source, on the clock of all processes.
using Polls = std::array<std::atomic<std::int64_t>, kSources>;

/// One process and its share, in real time.
class Member {
public:
    Member(const std::string& url, const std::string& instance) : store_(RedisOptions{.url = url}) {
        sharing_ =
            make_source_sharing({.mode = SharingMode::leases, .lease = kLease}, {.clock = clock_,
                                                                                 .store = &store_,
                                                                                 .log = *spdlog::default_logger(),
                                                                                 .service = "ingest",
                                                                                 .instance = instance});
        std::vector<std::string> names;
        for (std::size_t i = 0; i < kSources; ++i) {
            names.push_back(source(i));
        }
        sharing_->set_sources(std::move(names));
    }
    [[nodiscard]] std::int64_t now() const { return clock_.now().time_since_epoch().count(); }
    [[nodiscard]] bool may_poll(std::size_t i) const { return sharing_->may_poll(source(i)); }
    /// Works when it is time to, and lets a moment pass.
    void turn() {
        if (clock_.now() >= next_) {
            next_ = *sharing_->maintain();
        }
        std::mutex nothing_mutex;
        std::condition_variable_any nothing;
        std::unique_lock lock(nothing_mutex);
        clock_.wait_until(lock, nothing, clock_.now() + 2ms, {});
    }

private:
    SystemClock clock_{};
    RedisKeyValueStore store_;
    std::unique_ptr<SourceSharing> sharing_{};
    Clock::steady_time next_{};
};

/// Another process that polls what it may, until it is killed.
class OtherProcess {
public:
    explicit OtherProcess(const std::string& url) {
        void* memory = ::mmap(nullptr, sizeof(Polls), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        polls_ = new (memory) Polls{};
        process_ = ::fork();
        if (process_ == 0) {
            for (Member member(url, "other");; member.turn()) {
                for (std::size_t i = 0; i < kSources; ++i) {
                    const std::int64_t at = member.now();
                    if (member.may_poll(i)) {
                        (*polls_)[i] = at;
                    }
                }
            }
        }
    }
    ~OtherProcess() {
        signal(SIGKILL);
        ::waitpid(process_, nullptr, 0);
        ::munmap(polls_, sizeof(Polls));
    }
    OtherProcess(const OtherProcess&) = delete;
    OtherProcess& operator=(const OtherProcess&) = delete;

    void signal(int number) const { ::kill(process_, number); }
    [[nodiscard]] std::int64_t last_poll(std::size_t i) const { return (*polls_)[i]; }

private:
    Polls* polls_ = nullptr;
    pid_t process_ = -1;
};

class SourceLeasesOnRedis : public testing::Test {
protected:
    /// Goes on until `done`; no source may be polled by both at a time.
    template <class Done>
    void run(const Done& done) {
        const std::int64_t end = member_.now() + std::chrono::nanoseconds(20s).count();
        while (!done()) {
            ASSERT_LT(member_.now(), end) << "not within 20 s";
            member_.turn();
            for (std::size_t i = 0; i < kSources; ++i) {
                const std::int64_t at = member_.now();
                if (!member_.may_poll(i)) {
                    since_[i] = 0;
                    continue;
                }
                since_[i] = since_[i] == 0 ? at : since_[i];
                ASSERT_LT(other_.last_poll(i), since_[i]) << source(i) << " is polled by both";
            }
        }
    }
    [[nodiscard]] std::size_t owned() const {
        return static_cast<std::size_t>(kSources - static_cast<std::size_t>(std::ranges::count(since_, 0)));
    }
    [[nodiscard]] bool other_polls_after(std::int64_t time) const {
        for (std::size_t i = 0; i < kSources; ++i) {
            if (other_.last_poll(i) > time) {
                return true;
            }
        }
        return false;
    }
    /// Both have joined and polled.
    void share() {
        run([this] { return other_polls_after(0) && owned() > 0; });
        const std::int64_t now = member_.now();
        run([&] { return other_polls_after(now) && owned() > 0 && owned() < kSources; });
    }
    /// Waits until all is polled here. How long that takes is measured with a clock that no other program can stop.
    void expect_all_move() {
        run([this] { return owned() == kSources; });
    }

    testing_support::RedisServer server_{};
    OtherProcess other_{server_.url()};
    Member member_{server_.url(), "this"};
    std::array<std::int64_t, kSources> since_{};
};

TEST_F(SourceLeasesOnRedis, SourcesOfAKilledProcessMove) {
    share();
    other_.signal(SIGKILL);
    expect_all_move();
}

TEST_F(SourceLeasesOnRedis, AProcessThatStoodStillComesBackToNothingThatOthersHave) {
    share();
    other_.signal(SIGSTOP);
    expect_all_move();
    const std::int64_t then = member_.now();
    other_.signal(SIGCONT);
    run([&] { return other_polls_after(then) && owned() < kSources; });
}

TEST_F(SourceLeasesOnRedis, AStoreThatLostEverythingMakesNoSecondOwner) {
    share();
    server_.restart();
    const std::int64_t then = member_.now();
    run([&] {
        return member_.now() > then + std::chrono::nanoseconds(2 * kLease).count() && other_polls_after(then) &&
               owned() > 0 && owned() < kSources;
    });
}

} // namespace
