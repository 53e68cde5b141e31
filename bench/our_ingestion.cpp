// ingest, source, source_redis, latency_*: whole ingestions of a StreamManager, with connectors in memory.

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "bench/fetched_rows.hpp"
#include "bench/measurement.hpp"
#include "bench/our_leg.hpp"
#include "core/streaming/patterns/stream_manager.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;
using streaming::Connector;
using streaming::Response;
using streaming::SourceContext;

constexpr std::size_t kReadySources = 4;
constexpr std::size_t kReadyRows = 5000; ///< of one answer
constexpr std::size_t kAnswerRows = 500;
constexpr std::size_t kRepeatedRows = 50; ///< of those, what the answer before had

/// Measured from the first answer of any source.
class Begin {
public:
    explicit Begin(Measurement& measurement) : measurement_(measurement) {}
    void fetched() {
        if (!begun_.exchange(true)) {
            measurement_.begin();
        }
    }

private:
    Measurement& measurement_;
    std::atomic<bool> begun_{false};
};

/// Says that there is something until all was fetched; what it is, the handler knows.
class ReadyConnector final : public Connector {
public:
    ReadyConnector(Begin& begin, std::size_t answers) : begin_(begin), left_(answers) {}
    streaming::Result<Response> fetch(const Request&) override {
        begin_.fetched();
        if (left_ == 0) {
            return Response{.status = Response::kNothing};
        }
        --left_;
        return Response{};
    }

private:
    Begin& begin_;
    std::size_t left_;
};

/// Rows made before, each with an id of its own.
class ReadyHandler {
public:
    ReadyHandler(std::shared_ptr<const FetchedRows> rows, std::size_t source, std::size_t count)
        : rows_(std::move(rows)), source_(source), left_(count) {}

    void operator()(const Response&, SourceContext& context) {
        const std::size_t count = std::min(kReadyRows, left_);
        context.rows().reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            context.rows().push_back({.id = fmt::format("{:08x}-0000-8000-8000-{:012x}", source_, left_ - i),
                                      .key = rows_->key(i),
                                      .payload = rows_->payload(i)});
        }
        left_ -= count;
    }

private:
    std::shared_ptr<const FetchedRows> rows_;
    std::size_t source_;
    std::size_t left_;
};

/// Answers as an API gives them: 500 readings in JSON, the first 50 those that came before.
class ReadingsConnector final : public Connector {
public:
    ReadingsConnector(Begin& begin, std::size_t records) : begin_(begin), records_(records) {}
    streaming::Result<Response> fetch(const Request&) override {
        begin_.fetched();
        if (next_ == records_) {
            return Response{.status = Response::kNothing};
        }
        std::string body = "[";
        const std::size_t first = next_ < kRepeatedRows ? 0 : next_ - kRepeatedRows;
        next_ = std::min(first + kAnswerRows, records_);
        for (std::size_t i = first; i < next_; ++i) {
            fmt::format_to(std::back_inserter(body),
                           R"({}{{"id":"reading-{}","station":"{}","observed_at":"2026-01-31T12:00:00Z",)"
                           R"("temperature_celsius":21.5,"humidity_percent":40,"wind_speed_mps":3.1}})",
                           i == first ? "" : ",", i, station_key(i));
        }
        return Response{.body = body + "]", .content_type = "application/json"};
    }

private:
    Begin& begin_;
    std::size_t records_;
    std::size_t next_ = 0;
};

/// One reading an answer, with the moment it was fetched.
class StampedConnector final : public Connector {
public:
    StampedConnector(Begin& begin, std::size_t records) : begin_(begin), records_(records) {}
    streaming::Result<Response> fetch(const Request&) override {
        begin_.fetched();
        if (next_ == records_) {
            return Response{.status = Response::kNothing};
        }
        return Response{.body = fmt::format(R"({{"id":"{}","station":"{}","fetched_ns":{}}})", next_++, next_,
                                            std::chrono::steady_clock::now().time_since_epoch().count()),
                        .content_type = "application/json"};
    }

private:
    Begin& begin_;
    std::size_t records_;
    std::size_t next_ = 0;
};

streaming::Settings settings_for(const LegOptions& options) {
    streaming::Settings settings;
    settings.kafka.bootstrap_servers = options.brokers;
    settings.kafka.compression_type = "none";
    if (!options.redis.empty()) {
        settings.redis = streaming::RedisOptions{.url = "redis://" + options.redis};
    }
    settings.ingestion.throttling.max_send_rate = 10'000'000.0; // the default lets 1,000 records/s out
    return settings;
}

streaming::SourceSettings source_for(const LegOptions& options) {
    streaming::SourceSettings source{.source_type = "bench", .topic = options.out};
    source.deduplication.ttl = 1h; // as the driver expects it
    source.ingestion.polling_interval = 10ms;
    source.ingestion.buffer_size = 2 * kAnswerRows;
    source.custom_params["kafka_key"] = "station";
    if (options.leg == "ingest") {
        source.ingestion.mode = streaming::IngestionKind::real_time;
        source.ingestion.max_records_per_poll = kReadyRows;
        source.ingestion.jitter = 0.0;
    } else if (options.leg == "latency_real_time") {
        source.ingestion.mode = streaming::IngestionKind::real_time;
        source.ingestion.jitter = 0.0;
    }
    return source;
}

std::vector<std::pair<std::string, std::size_t>> sources_of(const LegOptions& options) {
    if (options.leg != "ingest") {
        return {{"readings", options.records}};
    }
    std::vector<std::pair<std::string, std::size_t>> sources;
    for (std::size_t i = 0; i < kReadySources; ++i) {
        const std::size_t rest = i < options.records % kReadySources ? 1 : 0;
        sources.emplace_back(fmt::format("source_{}", i), options.records / kReadySources + rest);
    }
    return sources;
}

streaming::Status start_streams(streaming::StreamManager& manager, const LegOptions& options, Begin& begin) {
    const auto rows = std::make_shared<const FetchedRows>();
    std::size_t number = 0;
    for (const auto& [name, count] : sources_of(options)) {
        streaming::Result<std::string> id{std::string()};
        if (options.leg == "ingest") {
            id = manager.start_stream(name,
                                      std::make_unique<ReadyConnector>(begin, (count + kReadyRows - 1) / kReadyRows),
                                      ReadyHandler(rows, number++, count));
        } else if (options.leg.starts_with("latency")) {
            id = manager.start_stream(name, std::make_unique<StampedConnector>(begin, count));
        } else {
            id = manager.start_stream(name, std::make_unique<ReadingsConnector>(begin, count));
        }
        if (!id) {
            return id.error();
        }
    }
    return {};
}

std::size_t acknowledged(const streaming::StreamManager& manager) {
    return manager.get_metrics().at("producer").at("total_sent").get<std::size_t>();
}

} // namespace

int run_our_ingestion(const LegOptions& options) {
    constexpr auto kLookAgain = 5ms;
    constexpr auto kPatience = 120s;
    Measurement measurement;
    Begin begin(measurement);
    streaming::Settings settings = settings_for(options);
    for (const auto& [name, count] : sources_of(options)) {
        settings.ingestion.sources[name] = source_for(options);
    }
    streaming::StreamManager manager(std::move(settings), {.service = options.group});
    streaming::Status status = manager.start();
    if (status) {
        status = start_streams(manager, options, begin);
    }
    const auto since = std::chrono::steady_clock::now();
    while (status && acknowledged(manager) < options.records && std::chrono::steady_clock::now() - since < kPatience) {
        std::this_thread::sleep_for(kLookAgain);
    }
    measurement.end();
    const std::size_t sent = status ? acknowledged(manager) : 0;
    const std::size_t left = manager.stop();
    if (sent != options.records || left > 0) {
        std::fprintf(stderr, "ours: %zu of %zu records were acknowledged, %zu left %s\n", sent, options.records, left,
                     status ? "" : status.error().message.c_str());
        return 1;
    }
    measurement.print(options.leg, options.records);
    return 0;
}

} // namespace bench
