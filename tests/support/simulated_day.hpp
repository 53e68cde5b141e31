#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/http_client.hpp"

namespace tests {

using Time = streaming::Clock::steady_time;

/// Time of a simulation: what waits on it moves it. Begins on 2026-01-01T00:00:00Z.
class SimulatedClock final : public streaming::Clock {
public:
    [[nodiscard]] steady_time now() const noexcept override { return now_; }
    [[nodiscard]] system_time system_now() const noexcept override {
        return std::chrono::sys_days(std::chrono::year(2026) / 1 / 1) + now_.time_since_epoch();
    }
    void wait_until(std::unique_lock<std::mutex>& /*lock*/, std::condition_variable_any& /*changed*/, steady_time time,
                    std::stop_token /*stop*/) override {
        now_ = time == steady_time::max() ? now_ : std::max(now_, time);
    }
    void pass(std::chrono::nanoseconds time) { now_ += time; }
    void set(Time time) { now_ = time; }

private:
    steady_time now_{};
};

/// What happened, in order, as one number: two runs with one number were the same.
class Trace {
public:
    void add(Time time, std::string_view who, std::string_view what, std::uint64_t number = 0) {
        mix(static_cast<std::uint64_t>(time.time_since_epoch().count()));
        for (const std::string_view text : {who, what}) {
            for (const char letter : text) {
                mix(static_cast<unsigned char>(letter));
            }
        }
        mix(number);
        ++events_;
    }
    [[nodiscard]] std::uint64_t hash() const { return hash_; }
    [[nodiscard]] std::uint64_t events() const { return events_; }

private:
    void mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x9E3779B97F4A7C15U + (hash_ >> 29U); }

    std::uint64_t hash_ = 0xCBF29CE484222325U;
    std::uint64_t events_ = 0;
};

/// Things that happen at their time; of one time in the order in which they were asked for.
class Agenda {
public:
    explicit Agenda(SimulatedClock& clock) : clock_(clock) {}

    void at(Time time, std::function<void()> what) {
        entries_.push({.time = std::max(time, clock_.now()), .number = ++number_, .what = std::move(what)});
    }
    /// False when nothing is left before `end`.
    bool next(Time end) {
        if (entries_.empty() || entries_.top().time >= end) {
            return false;
        }
        const Entry entry = entries_.top();
        entries_.pop();
        clock_.set(entry.time);
        entry.what();
        return true;
    }

private:
    struct Entry {
        Time time{};
        std::uint64_t number = 0;
        std::function<void()> what{};
        bool operator<(const Entry& other) const {
            return time != other.time ? time > other.time : number > other.number; // the first is on top
        }
    };

    SimulatedClock& clock_;
    std::uint64_t number_ = 0;
    std::priority_queue<Entry> entries_{};
};

/// An API with a new record each `period`, that shows the last four of them, and that fails now and then, by its seed:
/// errors, refusals with Retry-After, answers that take their time or never come.
class SimulatedApi final : public streaming::HttpClient {
public:
    struct Options {
        std::string type{}; ///< of source: how it writes
        std::chrono::seconds period{};
        std::uint64_t seed = 0;
    };
    SimulatedApi(SimulatedClock& clock, Trace& trace, std::string name, Options options)
        : clock_(clock), trace_(trace), name_(std::move(name)), options_(std::move(options)), random_(options_.seed) {}

    streaming::Result<streaming::HttpResponse> get(const streaming::HttpRequest& request,
                                                   std::stop_token stop) override;

    [[nodiscard]] std::size_t requests() const { return requests_; }
    [[nodiscard]] std::size_t failures() const { return failures_; }
    [[nodiscard]] std::size_t refusals() const { return refusals_; } ///< with Retry-After
    [[nodiscard]] std::size_t impolite() const { return impolite_; } ///< requests before the time it asked for
    /// Records that were in an answer.
    [[nodiscard]] std::size_t shown() const { return shown_; }
    [[nodiscard]] bool has_gap() const { return gap_; } ///< some record was in no answer

private:
    static constexpr long kWindow = 4;
    enum class Mood { well, slow, error, refusal, dead, silent };

    [[nodiscard]] Mood mood();
    [[nodiscard]] streaming::HttpResponse answer();
    [[nodiscard]] std::string body(long first, long end) const;

    SimulatedClock& clock_;
    Trace& trace_;
    std::string name_;
    Options options_;
    std::mt19937_64 random_;
    Time not_before_{};
    long shown_end_ = 0;
    int bad_in_a_row_ = 0;
    std::size_t requests_ = 0;
    std::size_t failures_ = 0;
    std::size_t refusals_ = 0;
    std::size_t impolite_ = 0;
    std::size_t shown_ = 0;
    bool gap_ = false;
};

} // namespace tests
