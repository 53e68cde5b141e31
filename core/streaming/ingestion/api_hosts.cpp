#include "core/streaming/ingestion/api_hosts.hpp"

namespace streaming {

std::shared_ptr<HostGate> ApiHosts::gate(std::string_view host) {
    const std::lock_guard lock(hosts_mutex_);
    auto found = gates_.find(host);
    if (found == gates_.end()) {
        found =
            gates_.emplace(std::string(host), std::make_shared<HostGate>(dependencies_.clock, std::string(host))).first;
    }
    return found->second;
}

std::shared_ptr<SharedBudget> ApiHosts::budget(const ApiBudgetOptions& options) {
    const std::lock_guard lock(hosts_mutex_);
    std::weak_ptr<SharedBudget>& known = budgets_[options.name];
    if (auto budget = known.lock()) {
        return budget;
    }
    auto budget = std::make_shared<SharedBudget>(
        SharedBudget::Dependencies{.clock = dependencies_.clock,
                                   .store = dependencies_.open_store ? dependencies_.open_store() : nullptr,
                                   .log = dependencies_.log,
                                   .process = dependencies_.process},
        options);
    known = budget;
    return budget;
}

} // namespace streaming
