#include "services/demo/stage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "core/streaming/infrastructure/embedded_broker.hpp"
#include "core/streaming/reliability/prometheus_metrics_collector.hpp"
#include "services/demo/position_audit.hpp"
#include "services/firms/firms.hpp"
#include "services/flags.hpp"
#include "services/risk_validator/risk_validator.hpp"
#include "services/signal_generator/signal_generator.hpp"
#include "services/trading/topics.hpp"
#include "services/trading_engine/trading_engine.hpp"
#include "services/weather/weather.hpp"
#include "services/wildfire_alerts/wildfire_alerts.hpp"

namespace services::demo {
namespace {

using streaming::TopicNames;
using namespace std::chrono_literals;

constexpr auto kTopicTimeout = 10s;
constexpr auto kFlushTimeout = 20s;
constexpr auto kCatchUpTimeout = 40s;
/// A partition of the embedded broker keeps 5 MiB; with this many ticks in all it never drops one.
constexpr std::int64_t kMostTicksEmbedded = 80'000;
constexpr std::int64_t kTicksPerSecond = 400;
constexpr std::int64_t kTicksPerSignal = 10;

void require(const streaming::Status& status, const std::string& what) {
    if (!status) {
        throw std::runtime_error(what + ": " + status.error().message);
    }
}

/// Names of one run: on a Kafka that lives longer than the demo, nothing of an earlier run is taken for ours.
std::string run_name() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return fmt::format("demo-{:x}", std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

} // namespace

Stage::Stage(const DemoOptions& options, const ReplayData& data)
    : options_(options),
      data_(data),
      metrics_(std::make_shared<streaming::PrometheusMetricsCollector>()),
      replay_(data) {
    settings_.kafka.bootstrap_servers = options.brokers;
    if (!options.redis.empty()) {
        settings_.redis = streaming::RedisOptions{.url = options.redis};
    }
    if (!options.embedded()) {
        settings_.name_space = settings_.group_id_prefix = run_name();
    }
    draw_routes();
}

Stage::~Stage() {
    if (feeder_ != nullptr) {
        feeder_->stop();
        (void)producer_->stop(0ms);
    }
}

void Stage::draw_routes() {
    const auto consumer = [this](const std::string& service, const std::string& flow, const std::string& input,
                                 const std::string& output = "", const std::string& rejected = "") {
        const std::string group = settings_.group_id_prefix + "." + service + "." + flow;
        routes_.push_back({service, group, input, output, TopicNames::dead_letters(input, group), rejected});
    };
    const auto source = [this](const std::string& service, const std::string& name, std::string_view output) {
        routes_.push_back({service, name, "", std::string(output), TopicNames::dead_letters(output, name)});
    };
    const std::string& name_space = settings_.name_space;
    const std::string ticks(TopicNames::market_ticks);
    const std::string generated = TopicNames::signals_generated(name_space);
    const std::string validated = TopicNames::signals_validated(name_space);
    const std::string rejected = TopicNames::signals_rejected(name_space);
    const std::string orders = TopicNames::orders(name_space);
    const std::string fills = TopicNames::fills(name_space);
    const std::string positions = TopicNames::positions(name_space);
    consumer("signal_generator", "ticks", ticks, generated);
    consumer("risk_validator", "ticks", ticks);
    consumer("risk_validator", "positions", positions);
    consumer("risk_validator", "signals", generated, validated, rejected);
    consumer("trading_engine", "ticks", ticks);
    consumer("trading_engine", "signals", validated, orders, rejected);
    consumer("trading_engine", "orders", orders, fills);
    consumer("trading_engine", "fills", fills, positions);
    consumer("trading_engine", "positions", positions, positions);
    consumer("situation", "weather", std::string(TopicNames::weather));
    consumer("situation", "fires", std::string(TopicNames::fires));
    consumer("situation", "positions", positions);
    if (options_.embedded()) {
        consumer("wildfire_alerts", "weather", std::string(TopicNames::weather));
        const std::string group(wildfire_alerts::kGroup);
        const std::string fires(TopicNames::fires);
        routes_.push_back({"wildfire_alerts", group, fires, std::string(TopicNames::wildfire_alerts),
                           TopicNames::dead_letters(fires, group)});
    }
    for (const std::string& station : data_.stations()) {
        source("weather", "nws_" + station, TopicNames::weather);
    }
    for (const std::string& product : products_) {
        source("firms", "firms_" + product, TopicNames::fires);
    }
}

void Stage::start() {
    make_topics();
    replay_.start();
    // Those that read come first, so that nothing waits for them.
    add_service("situation", {},
                [this](streaming::StreamServiceBuilder& service) { wire_situation(service, situation_); });
    add_service("trading_engine", defaults(trading_engine::flags()), trading_engine::wire);
    auto risk_flags = defaults(risk_validator::flags());
    risk_flags["max-quantity"] = "45"; // the feeder's go up to 50
    risk_flags["max-position"] = "500";
    add_service("risk_validator", risk_flags, risk_validator::wire);
    auto generator_flags = defaults(signal_generator::flags());
    generator_flags["quantity"] = "10";
    add_service("signal_generator", generator_flags, signal_generator::wire);
    if (options_.embedded()) {
        // Its group has a fixed name: where records outlive the demo it would go on where an earlier one stopped.
        auto alert_flags = defaults(wildfire_alerts::flags());
        alert_flags["max-fire-age-hours"] = "1000000"; // recordings are old
        alert_flags["max-weather-age-minutes"] = "60000000";
        add_service("wildfire_alerts", alert_flags, wildfire_alerts::wire);
    }
    auto weather_flags = defaults(weather::flags());
    weather_flags["api"] = replay_.url();
    weather_flags["stations"] = fmt::format("{}", fmt::join(data_.stations(), ","));
    weather_flags["poll-seconds"] = "1";
    add_service("weather", weather_flags, weather::wire);
    auto firms_flags = defaults(firms::flags());
    firms_flags["api"] = replay_.url();
    firms_flags["map-key"] = "demo";
    firms_flags["source"] = fmt::format("{}", fmt::join(products_, ","));
    firms_flags["poll-seconds"] = "2";
    add_service("firms", firms_flags, firms::wire);
    for (const Service& service : services_) {
        require(service.orchestrator->start(), service.name);
    }
    start_feeder();
}

void Stage::make_topics() {
    // The trading services make theirs when they start; the account wants to see them before that.
    const std::string& name_space = settings_.name_space;
    const std::vector<streaming::TopicSpec> topics{trading::tick_topic(),
                                                   trading::stream_topic(TopicNames::signals_generated(name_space)),
                                                   trading::stream_topic(TopicNames::signals_validated(name_space)),
                                                   trading::stream_topic(TopicNames::signals_rejected(name_space)),
                                                   trading::stream_topic(TopicNames::orders(name_space)),
                                                   trading::stream_topic(TopicNames::fills(name_space)),
                                                   trading::position_topic(name_space),
                                                   {.name = std::string(TopicNames::weather), .partitions = 8},
                                                   {.name = std::string(TopicNames::fires), .partitions = 8},
                                                   {.name = std::string(TopicNames::wildfire_alerts), .partitions = 8}};
    require(streaming::real_platform().topics(settings_.kafka)->ensure(topics, kTopicTimeout),
            "making topics on " + settings_.kafka.bootstrap_servers);
    broker_address_ = options_.brokers;
    if (options_.embedded()) {
        broker_address_ = streaming::EmbeddedBroker::shared().bootstrap_servers();
    }
    if (options_.broker_port) {
        forwarder_ = std::make_unique<streaming::TcpForwarder>(*options_.broker_port, broker_address_);
        require(forwarder_->start(), "--broker-port");
        std::cout << "the embedded broker is on 127.0.0.1:" << forwarder_->port() << std::endl;
    }
    reader_ = std::make_unique<TopicReader>(broker_address_);
    for (const Route& route : routes_) {
        for (const std::string& topic : {route.input, route.output, route.dead_letters, route.rejected}) {
            if (!topic.empty() && !before_.contains(topic)) {
                before_[topic] = reader_->ranges(topic);
            }
        }
    }
}

void Stage::add_service(const std::string& name, std::map<std::string, std::string> flags,
                        const std::function<void(streaming::StreamServiceBuilder&)>& wire) {
    streaming::Settings settings = settings_;
    settings.flags = std::move(flags);
    streaming::StreamServiceBuilder builder(name, settings);
    wire(builder.with_metrics(metrics_));
    services_.push_back({name, builder.build()});
}

void Stage::start_feeder() {
    auto& platform = streaming::real_platform();
    producer_ = platform.producer(settings_.kafka, {});
    require(producer_->start(kTopicTimeout), "the feeder");
    const std::int64_t most = options_.embedded() ? kMostTicksEmbedded / options_.duration.count() : kTicksPerSecond;
    const auto ticks = static_cast<int>(std::clamp<std::int64_t>(most, kTicksPerSignal, kTicksPerSecond));
    feeder_ =
        std::make_unique<Feeder>(Feeder::Dependencies{.producer = *producer_, .clock = platform.clock(), .data = data_},
                                 Feeder::Options{.signals_topic = TopicNames::signals_generated(settings_.name_space),
                                                 .ticks_per_second = ticks,
                                                 .signals_per_second = ticks / static_cast<int>(kTicksPerSignal)});
    feeder_->start();
}

void Stage::stop(StopSignals& signals) {
    feeder_->stop();
    (void)producer_->stop(kFlushTimeout);
    // Those that fetch first; the others feed each other, so they stop when none has anything left.
    stop_service("weather");
    stop_service("firms");
    const auto deadline = std::chrono::steady_clock::now() + kCatchUpTimeout;
    while (!caught_up() && std::chrono::steady_clock::now() < deadline && !cut_short_) {
        cut_short_ = signals.wait_for(100ms);
    }
    for (const char* name : {"signal_generator", "risk_validator", "trading_engine", "wildfire_alerts", "situation"}) {
        stop_service(name);
    }
}

void Stage::stop_service(const std::string& name) {
    if (const auto service = std::ranges::find(services_, name, &Service::name); service != services_.end()) {
        unfinished_ += service->orchestrator->stop();
    }
}

/// Whether every flow took and finished all that its topic holds. The topics are asked after the flows: what a flow
/// sent until then is seen. Asked of the broker, as a flow's own idea of its lag is as old as its last poll.
bool Stage::caught_up() const {
    const FlowList all = flows();
    return std::ranges::all_of(routes_, [&](const Route& route) {
        if (route.input.empty()) {
            return true;
        }
        std::int64_t records = 0;
        const TopicReader::Ranges& before = before_.at(route.input);
        for (const auto& [partition, range] : reader_->ranges(route.input)) {
            const auto known = before.find(partition);
            records += range.end - (known == before.end() ? range.first : known->second.first);
        }
        const auto flow = std::ranges::find_if(all, [&](const auto& entry) { return entry.first.flow == route.flow; });
        return flow != all.end() && flow->second.in_flight == 0 &&
               static_cast<std::int64_t>(flow->second.consumed) >= records;
    });
}

Account Stage::account() const {
    Account account{.flows = flows(), .unfinished = unfinished_};
    account.claims =
        claims(routes_, account.flows,
               {{std::string(TopicNames::market_ticks), feeder_->acknowledged(Feeder::Stream::ticks)},
                {TopicNames::signals_generated(settings_.name_space), feeder_->acknowledged(Feeder::Stream::signals)}});
    verify(account, *reader_, before_);
    const std::string positions = TopicNames::positions(settings_.name_space);
    account.claims.push_back(positions_are_sums(positions, reader_->payloads(TopicNames::fills(settings_.name_space)),
                                                reader_->payloads(positions)));
    return account;
}

} // namespace services::demo
