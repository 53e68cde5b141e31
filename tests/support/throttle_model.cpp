#include "tests/support/throttle_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <optional>
#include <random>
#include <sstream>

#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/testing/fake_clock.hpp"

namespace throttle_model {
namespace {

using namespace std::chrono_literals;
using streaming::Clock;
using streaming::ThrottlingManager;

constexpr std::size_t kBatch = 500;
constexpr std::size_t kPatience = 24 * 3600;

/// Minutes since 1970 of a row's date and time, found by the names of the columns.
std::int64_t minute_of(const std::string& date, const std::string& time) {
    const std::chrono::year_month_day day{std::chrono::year{std::stoi(date.substr(0, 4))},
                                          std::chrono::month{static_cast<unsigned>(std::stoi(date.substr(5, 2)))},
                                          std::chrono::day{static_cast<unsigned>(std::stoi(date.substr(8, 2)))}};
    const int clock = std::stoi(time); // hours and minutes as one number
    return std::chrono::sys_days(day).time_since_epoch().count() * 24 * 60 + clock / 100 * 60 + clock % 100;
}

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, ',');) {
        cells.push_back(cell);
    }
    return cells;
}

class Model {
public:
    Model(const streaming::ThrottlingOptions& options, const Conditions& conditions)
        : target_(static_cast<double>(options.target_consumer_lag)),
          conditions_(conditions),
          throttle_(clock_, options) {}

    void step(std::size_t second, double arriving, double could_take) {
        arrived_ += arriving;
        if (second % static_cast<std::size_t>(conditions_.lag_every.count()) == 0) {
            observe();
        }
        send();
        const bool work_waits = waiting() >= 1;
        const double taken = std::min(could_take, sent_ - read_);
        read_ += taken;
        if (work_waits) {
            could_ += could_take;
            wasted_ += could_take - taken;
        }
        commit(second);
        past_.push_back({clock_.now(), sent_, committed_});
        measure();
        clock_.advance(1s);
    }

    [[nodiscard]] Score score() const {
        Score score{.wasted = could_ > 0 ? wasted_ / could_ : 0,
                    .changes = changes_ + throttle_.status().throttled_count,
                    .predictor_steps = predictor_steps_};
        const auto p99 = [](std::vector<double> values) {
            const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 99 / 100);
            std::nth_element(values.begin(), at, values.end());
            return *at;
        };
        score.over = static_cast<double>(std::ranges::count_if(lags_, [this](double lag) { return lag > target_; })) /
                     static_cast<double>(lags_.size());
        score.p99_lag = p99(lags_);
        score.p99_lag_seconds = p99(ages_);
        score.highest_lag = std::ranges::max(lags_);
        return score;
    }

    /// What arrived and was not read.
    [[nodiscard]] double unread() const { return std::floor(arrived_) - std::floor(read_ + 0.5); }

private:
    struct Moment {
        Clock::steady_time time{};
        double sent = 0;
        double committed = 0;
    };

    [[nodiscard]] double waiting() const { return arrived_ - sent_; }

    void observe() {
        const auto taken = clock_.now() - conditions_.lag_age;
        while (past_.size() > 1 && past_[1].time < taken) {
            past_.pop_front();
        }
        if (past_.empty() || past_.front().time >= taken) {
            return; // so far there is nothing that old
        }
        const Moment& seen = past_.front();
        throttle_.observe({.records = static_cast<std::uint64_t>(seen.sent - seen.committed),
                           .taken = taken,
                           .committed_total = static_cast<std::uint64_t>(seen.committed),
                           .produced_total = static_cast<std::uint64_t>(seen.sent),
                           .worst = "the only one"});
    }

    void send() {
        for (;;) {
            const auto wanted = std::min(static_cast<std::size_t>(waiting()), kBatch);
            const auto admitted = wanted == 0 ? 0 : throttle_.admit(wanted, "model").records;
            if (admitted == 0) {
                return;
            }
            sent_ += static_cast<double>(admitted);
            sent_at_.push_back({clock_.now(), sent_, 0});
        }
    }

    void commit(std::size_t second) {
        const auto every = static_cast<std::size_t>(conditions_.commit_every.count());
        if (every == 0 || second % every == 0) {
            committed_ = read_;
        }
    }

    void measure() {
        lags_.push_back(sent_ - read_);
        while (!sent_at_.empty() && sent_at_.front().sent <= read_) {
            sent_at_.pop_front();
        }
        ages_.push_back(sent_at_.empty() ? 0
                                         : std::chrono::duration<double>(clock_.now() - sent_at_.front().time).count());
        const auto status = throttle_.status();
        predictor_steps_ += status.predictor_on ? 1 : 0;
        if (std::abs(status.send_rate - counted_rate_.value_or(status.send_rate)) >
            0.05 * counted_rate_.value_or(status.send_rate)) {
            ++changes_;
            counted_rate_ = status.send_rate;
        }
        counted_rate_ = counted_rate_.value_or(status.send_rate);
    }

    double target_;
    Conditions conditions_;
    streaming::fakes::FakeClock clock_{};
    ThrottlingManager throttle_;
    double arrived_ = 0;
    double sent_ = 0;
    double read_ = 0;
    double committed_ = 0;
    double could_ = 0;
    double wasted_ = 0;
    std::deque<Moment> past_{};
    std::deque<Moment> sent_at_{};
    std::vector<double> lags_{};
    std::vector<double> ages_{};
    std::optional<double> counted_rate_{};
    std::size_t changes_ = 0;
    std::size_t predictor_steps_ = 0;
};

} // namespace

Arrivals by_minute(const std::vector<std::size_t>& minutes, double factor) {
    Arrivals arrivals;
    arrivals.reserve(minutes.size() * 60);
    for (const auto count : minutes) {
        arrivals.insert(arrivals.end(), 60, static_cast<double>(count) * factor / 60);
    }
    return arrivals;
}

std::vector<std::size_t> minutes_of_firms(const std::string& csv) {
    std::istringstream text(csv);
    std::string line;
    std::getline(text, line);
    const auto header = cells_of(line);
    const auto column = [&header](const char* name) {
        return static_cast<std::size_t>(std::ranges::find(header, name) - header.begin());
    };
    const auto date = column("acq_date");
    const auto time = column("acq_time");
    std::vector<std::int64_t> rows;
    while (std::getline(text, line)) {
        const auto cells = cells_of(line);
        if (std::max(date, time) < cells.size()) {
            rows.push_back(minute_of(cells[date], cells[time]));
        }
    }
    if (rows.empty()) {
        return {};
    }
    const auto [first, last] = std::ranges::minmax(rows);
    std::vector<std::size_t> minutes(static_cast<std::size_t>(last - first + 1));
    for (const auto row : rows) {
        ++minutes[static_cast<std::size_t>(row - first)];
    }
    return minutes;
}

Arrivals made_up(std::size_t days, double mean) {
    std::mt19937_64 random(20'260'101); // the engine's numbers are the standard's, those of distributions are not
    const auto within = [&random](std::uint64_t most) { return random() % most; };
    std::vector<std::size_t> minutes(days * 24 * 60);
    for (std::size_t pass = within(60); pass < minutes.size(); pass += 40 + within(70)) {
        for (std::size_t minute = pass; minute < std::min(pass + 1 + within(12), minutes.size()); ++minute) {
            const auto size = within(1000);
            minutes[minute] = size * size / 1000; // few are large
        }
    }
    double sum = 0;
    for (const auto count : minutes) {
        sum += static_cast<double>(count);
    }
    return by_minute(minutes, mean * 60 * static_cast<double>(minutes.size()) / sum);
}

Consumer steady(double rate) {
    return [rate](std::size_t) { return rate; };
}
Consumer stalling(double rate) {
    return [rate](std::size_t second) { return second % 7200 >= 7200 - 120 ? 0 : rate; };
}
Consumer halving(double rate) {
    return [rate](std::size_t second) { return second % 10'800 >= 10'800 - 1200 ? rate / 2 : rate; };
}

std::string to_text(const Score& score) {
    return fmt::format(
        "{:5.2f} % over, p99 lag {:6.0f} ({:3.0f} s), highest {:6.0f}, wasted {:5.2f} %, changes {:6}, unread at the "
        "end {:.0f}, "
        "predictor on {} s",
        score.over * 100, score.p99_lag, score.p99_lag_seconds, score.highest_lag, score.wasted * 100, score.changes,
        score.unread, score.predictor_steps);
}

Score run(const streaming::ThrottlingOptions& options, const Arrivals& arrivals, const Consumer& consumer,
          const Conditions& conditions) {
    Model model(options, conditions);
    for (std::size_t second = 0; second < arrivals.size(); ++second) {
        model.step(second, arrivals[second], consumer(second));
    }
    auto score = model.score();
    // Nothing arrives any more: what is there has to get through.
    for (std::size_t second = arrivals.size(); second < arrivals.size() + kPatience && model.unread() >= 1; ++second) {
        model.step(second, 0, consumer(second));
    }
    score.unread = model.unread();
    return score;
}

void Flow::go_on(std::chrono::milliseconds time, double capacity) {
    for (auto passed = 0ms; passed < time; passed += conditions_.step) {
        step(capacity);
    }
}

std::chrono::milliseconds Flow::go_on_until_rate(double rate, double capacity, std::chrono::milliseconds most) {
    auto passed = 0ms;
    for (; passed < most && this->rate() < rate; passed += conditions_.step) {
        step(capacity);
    }
    return passed;
}

void Flow::step(double capacity) {
    clock_.advance(conditions_.step / 2); // sendings and observations at the same moment have no order
    for (std::size_t admitted = kBatch; admitted > 0;) {
        admitted = throttle_.admit(kBatch, "flow").records;
        produced_ += conditions_.share * static_cast<double>(admitted);
    }
    read_ = std::min(read_ + capacity * std::chrono::duration<double>(conditions_.step).count(), produced_);
    highest_unread_ = std::max(highest_unread_, unread());
    clock_.advance(conditions_.step / 2);
    passed_ += conditions_.step;
    if (conditions_.commit_every == 0ms || passed_ % conditions_.commit_every == 0ms) {
        committed_ = read_;
    }
    if (passed_ % conditions_.lag_every == 0ms) {
        throttle_.observe({.records = static_cast<std::uint64_t>(produced_ - committed_),
                           .taken = clock_.now(),
                           .committed_total = static_cast<std::uint64_t>(committed_),
                           .produced_total = static_cast<std::uint64_t>(produced_),
                           .worst = worst_});
    }
}

} // namespace throttle_model
