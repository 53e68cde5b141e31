#include "core/streaming/ingestion/producer_account.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <algorithm>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming::detail {
namespace {

bool means_no_broker(const Error& error) noexcept {
    return error.code == ErrorCode::timed_out || error.code == ErrorCode::unavailable ||
           error.code == ErrorCode::unknown_outcome || error.code == ErrorCode::interrupted;
}

std::chrono::seconds::rep whole_seconds(Clock::steady_time::duration time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

} // namespace

void ProducerAccount::accept(std::size_t records) {
    const std::scoped_lock lock(account_mutex_);
    metrics_.accepted += records;
}

void ProducerAccount::hand_over(std::size_t records_again) {
    const std::scoped_lock lock(account_mutex_);
    ++metrics_.batches_sent;
    metrics_.retry_count += records_again;
}

void ProducerAccount::settle(const Tally& tally) {
    {
        const std::scoped_lock lock(account_mutex_);
        metrics_.total_sent += tally.acknowledged;
        metrics_.total_failed += tally.failed;
        metrics_.dead_lettered += tally.dead_lettered;
        metrics_.given_up += tally.given_up;
        metrics_.uncertain += tally.uncertain;
        for (const auto& [name, count] : tally.dead_lettered_by_class) {
            metrics_.dead_lettered_by_class[name] += count;
        }
        judge(tally);
    }
    log(tally);
}

void ProducerAccount::judge(const Tally& tally) {
    if (!tally.heard && !tally.trouble) {
        return;
    }
    const auto now = clock_.now();
    last_report_ = now;
    if (tally.heard) {
        last_acknowledged_ = now;
    }
    if (!tally.trouble) {
        if (trouble_) {
            log_.info("producer: records are acknowledged again");
        }
        trouble_.reset();
        return;
    }
    if (!trouble_) {
        trouble_ = {.stamp = clock_.system_now()};
        log_.warn("producer: records were not acknowledged: {}", tally.trouble->message);
    }
    trouble_->latest = now;
    trouble_->error = *tally.trouble;
}

void ProducerAccount::log(const Tally& tally) {
    const std::string_view why = tally.failure ? std::string_view(tally.failure->message) : "stopping";
    if (tally.given_up > 0) {
        log_.warn("producer: gave up {} records, {} of which may have been stored: {}", tally.given_up, tally.uncertain,
                  why);
    }
    if (tally.dead_lettered > 0 && tally.failed > 0) {
        log_.warn("producer: {} records went to dead-letter topics: {}", tally.dead_lettered, why);
    }
}

void ProducerAccount::wait_since(std::optional<Clock::steady_time> sent) {
    const std::scoped_lock lock(account_mutex_);
    oldest_open_ = sent;
}

bool ProducerAccount::acknowledged_since(Clock::steady_time time) const {
    const std::scoped_lock lock(account_mutex_);
    return last_acknowledged_ && *last_acknowledged_ >= time;
}

ProducerMetrics ProducerAccount::metrics() const {
    const std::scoped_lock lock(account_mutex_);
    return metrics_;
}

ProducerHealth ProducerAccount::health() const {
    const auto now = clock_.now();
    const std::scoped_lock lock(account_mutex_);
    ProducerHealth health;
    if (last_report_) {
        health.last_report_age = std::chrono::duration_cast<std::chrono::milliseconds>(now - *last_report_);
    }
    if (trouble_) {
        std::string since;
        append_rfc3339(since, trouble_->stamp);
        health.healthy = false;
        health.acknowledges = last_acknowledged_ && *last_acknowledged_ >= trouble_->latest;
        health.kafka_connected = health.acknowledges || !means_no_broker(trouble_->error);
        health.detail = fmt::format("since {}: {}", since, trouble_->error.message);
    } else if (oldest_open_ && now - *oldest_open_ > kPatience) {
        const auto silent_since = std::max(*oldest_open_, last_acknowledged_.value_or(*oldest_open_));
        health.healthy = false;
        health.acknowledges = now - silent_since <= kPatience;
        health.kafka_connected = health.acknowledges;
        health.detail = health.acknowledges
                            ? fmt::format("records were sent {} s ago and are not acknowledged, others are",
                                          whole_seconds(now - *oldest_open_))
                            : fmt::format("records wait for the broker, nothing was acknowledged for {} s",
                                          whole_seconds(now - silent_since));
    }
    return health;
}

} // namespace streaming::detail
