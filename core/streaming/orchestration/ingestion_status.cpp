#include "core/streaming/orchestration/ingestion_status.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace streaming::detail {

namespace {

using nlohmann::json;

/// A queue from here on is no longer well: sources wait, or records are dropped.
constexpr double kFullPercent = 95;

json json_of(const ApiClientCounts& api) {
    json failures = json::object();
    for (std::size_t i = 0; i < kApiFailures; ++i) {
        failures[std::string(to_string(static_cast<ApiFailure>(i)))] = api.failures[i];
    }
    json answers = json::object();
    for (std::size_t i = 0; i < kAnswerClasses; ++i) {
        answers[std::string(to_string(static_cast<AnswerClass>(i)))] = api.answers[i];
    }
    json shown{{"total_requests", api.total_requests},
               {"success_rate", api.success_rate()},
               {"cache_hit_rate", api.cache_hit_rate()},
               {"failures", failures},
               {"answers", answers},
               {"unchanged", api.unchanged},
               {"retries", api.retries},
               {"pauses", api.pauses},
               {"stale", api.stale},
               {"circuit", to_string(api.circuit)},
               {"circuit_opened", api.circuit_opened}};
    if (api.blocked_for) {
        shown["blocked_seconds"] = std::chrono::duration<double>(*api.blocked_for).count();
    }
    return shown;
}

json json_of(const SourceStatus& source) {
    const auto polls = static_cast<double>(source.mode.polls);
    json shown{{"source", source.name},
               {"healthy", source.ready},
               {"halted", source.halted},
               {"stale", source.stale},
               {"mode",
                {{"records_processed", source.mode.records_processed},
                 {"errors", source.mode.errors},
                 {"uptime_seconds", source.mode.uptime_seconds},
                 {"polls", source.mode.polls},
                 {"missed", source.mode.missed}}},
               {"records_processed", source.mode.records_processed},
               {"polls", source.polls},
               {"waiting", source.waiting},
               {"unsettled", source.unsettled}};
    if (source.api) {
        shown["api_client"] = json_of(*source.api);
    } else { // its requests are its own: a poll is what is known of them
        const double good = polls - static_cast<double>(source.mode.errors);
        shown["api_client"] = {{"total_requests", source.mode.polls},
                               {"success_rate", polls > 0 ? std::max(0.0, good) / polls : 1.0},
                               {"cache_hit_rate", 0.0}};
    }
    if (!source.detail.empty()) {
        shown["detail"] = source.detail;
    }
    if (source.age_seconds) {
        shown["age_seconds"] = *source.age_seconds;
    }
    if (source.payload_age_seconds) {
        shown["payload_age_seconds"] = *source.payload_age_seconds;
    }
    return shown;
}

json json_of(const ThrottleStatus& throttling) {
    json shown{{"current_state", throttling.current_state},
               {"backoff_level", throttling.backoff_level},
               {"rate_adjustments", throttling.rate_adjustments},
               {"throttled_count", throttling.throttled_count},
               {"send_rate", throttling.send_rate}};
    if (throttling.lag_records) {
        shown["lag_records"] = *throttling.lag_records;
        shown["worst"] = throttling.worst;
    }
    if (throttling.lag_records_now) {
        shown["lag_records_now"] = *throttling.lag_records_now;
    }
    if (throttling.lag_seconds) {
        shown["lag_seconds"] = *throttling.lag_seconds;
    }
    if (!throttling.no_signal_reason.empty()) {
        shown["no_signal_reason"] = throttling.no_signal_reason;
    }
    if (!throttling.left_out.empty()) {
        shown["left_out"] = throttling.left_out;
    }
    return shown;
}

json json_of(const ProducerMetrics& sent, const ProducerHealth& health) {
    json shown{{"total_sent", sent.total_sent},
               {"total_failed", sent.total_failed},
               {"retry_count", sent.retry_count},
               {"batches_sent", sent.batches_sent},
               {"dead_lettered", sent.dead_lettered},
               {"uncertain", sent.uncertain},
               {"in_flight", sent.in_flight},
               {"healthy", health.healthy},
               {"kafka_connected", health.kafka_connected}};
    if (!health.detail.empty()) {
        shown["detail"] = health.detail;
    }
    return shown;
}

json json_of(const QueueCounts& queue) {
    json by_priority = json::object();
    for (std::size_t i = 0; i < kPriorities; ++i) {
        by_priority[std::string(to_string(static_cast<Priority>(i)))] = queue.size_by_priority[i];
    }
    json drops = json::array();
    for (const QueueDrops& drop : queue.drops) {
        drops.push_back({{"source", drop.source},
                         {"priority", to_string(drop.priority)},
                         {"reason", to_string(drop.reason)},
                         {"count", drop.count}});
    }
    return {{"size", queue.size},
            {"bytes", queue.bytes},
            {"enqueued", queue.enqueued},
            {"dequeued", queue.dequeued},
            {"dropped", queue.dropped()},
            {"utilization_percent", queue.utilization_percent()},
            {"by_priority", std::move(by_priority)},
            {"drops", std::move(drops)}};
}

bool is_full(const QueueCounts& queue) { return queue.utilization_percent() >= kFullPercent; }

/// Adds samples of one service.
class Samples {
public:
    explicit Samples(const std::string& service) : service_(service) {}

    void gauge(std::string name, std::string help, double value,
               std::vector<std::pair<std::string, std::string>> labels = {}) {
        add(std::move(name), std::move(help), value, std::move(labels), false);
    }
    void counter(std::string name, std::string help, std::uint64_t value,
                 std::vector<std::pair<std::string, std::string>> labels = {}) {
        add(std::move(name), std::move(help), static_cast<double>(value), std::move(labels), true);
    }
    [[nodiscard]] std::vector<MetricSample> take() { return std::move(samples_); }

private:
    void add(std::string name, std::string help, double value, std::vector<std::pair<std::string, std::string>> labels,
             bool counter) {
        labels.insert(labels.begin(), {"service", service_});
        samples_.push_back({.name = "tributary_" + std::move(name),
                            .help = std::move(help),
                            .counter = counter,
                            .labels = std::move(labels),
                            .value = value});
    }

    const std::string& service_;
    std::vector<MetricSample> samples_{};
};

void add_queue(Samples& samples, const QueueCounts& queue) {
    for (std::size_t i = 0; i < kPriorities; ++i) {
        samples.gauge("queue_size", "Records that wait to be sent.", static_cast<double>(queue.size_by_priority[i]),
                      {{"priority", std::string(to_string(static_cast<Priority>(i)))}});
    }
    samples.counter("queue_enqueued_total", "Records taken into the queue.", queue.enqueued);
    samples.counter("queue_dequeued_total", "Records that left the queue to be sent.", queue.dequeued);
    samples.gauge("queue_utilization_percent", "Of records or bytes, whichever is nearer to its bound.",
                  queue.utilization_percent());
    for (const QueueDrops& drop : queue.drops) {
        samples.counter("queue_dropped_total", "Records dropped because the queue was full.", drop.count,
                        {{"source", drop.source},
                         {"priority", std::string(to_string(drop.priority))},
                         {"reason", std::string(to_string(drop.reason))}});
    }
}

void add_throttling(Samples& samples, const ThrottleStatus& throttling) {
    samples.gauge("throttle_level", "Level of the backoff, 0 to 4.", throttling.backoff_level);
    samples.gauge("throttle_send_rate", "Records a second that may leave.", throttling.send_rate);
    samples.counter("throttle_adjustments_total", "Changes of the rate.", throttling.rate_adjustments);
    samples.counter("throttle_throttled_total", "Checks that ended in a wait.", throttling.throttled_count);
    for (const char* const state : {"allow", "throttle_moderate", "throttle_critical", "no_signal"}) {
        samples.gauge("throttle_state", "1 for the state that holds.", throttling.current_state == state ? 1 : 0,
                      {{"state", state}});
    }
    if (throttling.lag_records) {
        samples.gauge("throttle_lag_records", "Lag of the slowest consumer group, mean of a minute.",
                      static_cast<double>(*throttling.lag_records));
    }
    if (throttling.lag_records_now) {
        samples.gauge("throttle_lag_records_now", "Lag of the slowest consumer group as last seen.",
                      static_cast<double>(*throttling.lag_records_now));
    }
}

void add_topics(Samples& samples, const TopicResolverCounts& topics) {
    const auto add = [&](const char* way, std::uint64_t count) {
        samples.counter("topic_resolver_total", "Records by the way their topic was found.", count, {{"way", way}});
    };
    add("explicit", topics.explicit_used);
    add("custom", topics.custom_used);
    add("content", topics.content_used);
    add("pattern", topics.pattern_used);
    add("fallback", topics.fallback_used);
    add("refused", topics.refused);
}

void add_source(Samples& samples, const SourceStatus& source) {
    for (const auto& [poll_class, count] : source.polls) {
        samples.counter("source_polls_total", "Polls of a source, by what came of them.", count,
                        {{"source", source.name}, {"class", poll_class}});
    }
    if (source.age_seconds) {
        samples.gauge("source_age_seconds", "Since the last good answer of a source.", *source.age_seconds,
                      {{"source", source.name}});
    }
    if (source.payload_age_seconds) {
        samples.gauge("source_payload_age_seconds", "Since the time that the newest data of a source is of.",
                      *source.payload_age_seconds, {{"source", source.name}});
    }
    if (source.api) {
        samples.counter("source_stale_total", "Good answers of a source whose data was too old.", source.api->stale,
                        {{"source", source.name}});
    }
}

} // namespace

nlohmann::json numbers_of(const IngestionStatus& status) {
    json streams = json::object();
    for (const IngestionStatus::Stream& stream : status.streams) {
        streams[stream.id] = json_of(stream.source);
    }
    return {{"stream_manager", {{"active_streams", status.streams.size()}, {"is_started", status.started}}},
            {"producer", json_of(status.producer, status.producer_health)},
            {"queue", json_of(status.queue)},
            {"throttling", json_of(status.throttling)},
            {"topic_resolver",
             {{"explicit_used", status.topics.explicit_used},
              {"custom_used", status.topics.custom_used},
              {"content_used", status.topics.content_used},
              {"pattern_used", status.topics.pattern_used},
              {"fallback_used", status.topics.fallback_used},
              {"refused", status.topics.refused}}},
            {"shadow", {{"withheld", status.withheld}}},
            {"sharing", {{"owned", status.sharing.owned}, {"members", status.sharing.members}}},
            {"failed", status.failed},
            {"streams", std::move(streams)}};
}

nlohmann::json health_of(const IngestionStatus& status) {
    const bool streams_healthy = status.failed.empty() && std::ranges::all_of(status.streams, [](const auto& stream) {
                                     return stream.source.ready;
                                 });
    const bool producer_healthy = status.producer_health.healthy;
    const bool queue_healthy = !is_full(status.queue);
    return {
        {"healthy", status.started && status.threads_well && producer_healthy && queue_healthy && streams_healthy},
        {"components",
         {{"producer", {{"healthy", producer_healthy}, {"kafka_connected", status.producer_health.kafka_connected}}},
          {"queue",
           {{"healthy", queue_healthy},
            {"size", status.queue.size},
            {"utilization_percent", status.queue.utilization_percent()}}},
          {"streams", {{"active_count", status.streams.size()}, {"healthy", streams_healthy}}}}}};
}

std::vector<MetricSample> samples_of(const IngestionStatus& status) {
    Samples samples(status.service);
    add_queue(samples, status.queue);
    add_throttling(samples, status.throttling);
    add_topics(samples, status.topics);
    samples.counter("shadow_withheld_total", "Records of sources in shadow, which are not produced.", status.withheld);
    samples.gauge("sources_owned", "Sources that this process polls, as far as it shares them with others.",
                  static_cast<double>(status.sharing.owned.size()));
    samples.counter("wrapper_dead_lettered_total", "Records of sources in a dead-letter topic.",
                    status.producer.dead_lettered);
    samples.gauge("wrapper_in_flight", "Records sent and not settled.", static_cast<double>(status.producer.in_flight));
    samples.gauge("wrapper_healthy", "1 while what is sent is acknowledged.", status.producer_health.healthy ? 1 : 0);
    samples.gauge("wrapper_kafka_connected", "0 while the broker acknowledges nothing of what was sent.",
                  status.producer_health.kafka_connected ? 1 : 0);
    samples.gauge("streams_active", "Sources that run.", static_cast<double>(status.streams.size()));
    samples.counter("wrapper_retries_total", "Records sent again.", status.producer.retry_count);
    samples.counter("wrapper_batches_total", "Batches handed to the producer.", status.producer.batches_sent);
    samples.counter("wrapper_sent_total", "Records acknowledged in their topic.", status.producer.total_sent);
    samples.counter("wrapper_failed_total", "Records that did not get into their topic.", status.producer.total_failed);
    for (const IngestionStatus::Stream& stream : status.streams) {
        add_source(samples, stream.source);
    }
    return samples.take();
}

} // namespace streaming::detail
