#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/tcp_forwarder.hpp"
#include "core/streaming/patterns/run_service.hpp"
#include "services/demo/account.hpp"
#include "services/demo/demo_options.hpp"
#include "services/demo/feeder.hpp"
#include "services/demo/replay_data.hpp"
#include "services/demo/replay_server.hpp"
#include "services/demo/signals.hpp"
#include "services/demo/situation.hpp"
#include "services/demo/topic_reader.hpp"

namespace services::demo {

/// Everything that runs in the demonstration: the outside world (replay server, feeder) and six services, each with
/// its own orchestrator as if it were its own process. Failures throw std::exception. Used by one thread.
class Stage {
public:
    Stage(const DemoOptions& options, const ReplayData& data);
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    void start();
    /// From the outside in: no more records are made, every flow gets to the end of its topics, and then all stop. A
    /// signal, or a flow that does not get there in time, ends the waiting; the account then tells.
    void stop(StopSignals& signals);

    [[nodiscard]] FlowList flows() const { return metrics_->flows(); }
    [[nodiscard]] Account account() const;
    [[nodiscard]] const std::string& broker_address() const { return broker_address_; }
    [[nodiscard]] std::string group_prefix() const { return settings_.group_id_prefix + "."; }
    [[nodiscard]] std::string situation() const { return situation_->summary(); }

    /// Whether Ctrl-C ended the drain: not everything on the topics was taken then.
    [[nodiscard]] bool cut_short() const noexcept { return cut_short_; }

private:
    bool cut_short_ = false;
    void draw_routes();
    void make_topics();
    void add_service(const std::string& name, std::map<std::string, std::string> flags,
                     const std::function<void(streaming::StreamServiceBuilder&)>& wire);
    void start_feeder();
    [[nodiscard]] bool caught_up() const;
    void stop_service(const std::string& name);

    struct Service {
        std::string name{};
        std::unique_ptr<streaming::ServiceOrchestrator> orchestrator{};
    };

    DemoOptions options_;
    const ReplayData& data_;
    streaming::Settings settings_{};
    std::string broker_address_{};
    std::shared_ptr<streaming::MetricsCollector> metrics_;
    std::shared_ptr<Situation> situation_ = std::make_shared<Situation>();
    std::vector<std::string> products_{"VIIRS_SNPP_NRT", "MODIS_NRT"};
    std::vector<Route> routes_{};
    std::map<std::string, TopicReader::Ranges> before_{};
    std::unique_ptr<TopicReader> reader_{};
    ReplayServer replay_;
    std::vector<Service> services_{};
    std::unique_ptr<streaming::MessageProducer> producer_{};
    std::unique_ptr<Feeder> feeder_{};
    std::unique_ptr<streaming::TcpForwarder> forwarder_{};
    std::uint64_t unfinished_ = 0;
};

} // namespace services::demo
