#pragma once

#include <spdlog/fwd.h>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/ingestion/api_client_options.hpp"
#include "core/streaming/ingestion/host_gate.hpp"
#include "core/streaming/ingestion/jitter.hpp"
#include "core/streaming/ingestion/shared_budget.hpp"

namespace streaming {

/// What the API clients of a process share: a gate for each host, and budgets. Thread-safe. Borrows clock and log; the
/// API clients hold what they use of it.
class ApiHosts {
public:
    struct Dependencies {
        Clock& clock;
        std::uint64_t seed = 0; ///< of random waits
        spdlog::logger* log = nullptr;
        /// Where processes share budgets; null, or gives null: nowhere. Called once for each budget.
        std::function<std::unique_ptr<KeyValueStore>()> open_store{};
        std::string process{}; ///< this one's name among those that use the store, unique
    };
    explicit ApiHosts(Dependencies dependencies)
        : dependencies_(std::move(dependencies)), jitter_(std::make_shared<Jitter>(dependencies_.seed)) {}
    ApiHosts(const ApiHosts&) = delete;
    ApiHosts& operator=(const ApiHosts&) = delete;

    /// `host` with its port, as in URLs.
    [[nodiscard]] std::shared_ptr<HostGate> gate(std::string_view host);
    /// The budget of that name; while somebody has it, its limit and window are those of who came first.
    [[nodiscard]] std::shared_ptr<SharedBudget> budget(const ApiBudgetOptions& options);
    [[nodiscard]] const std::shared_ptr<Jitter>& jitter() const noexcept { return jitter_; }

private:
    const Dependencies dependencies_;
    const std::shared_ptr<Jitter> jitter_;
    std::mutex hosts_mutex_{};
    std::map<std::string, std::shared_ptr<HostGate>, std::less<>> gates_{};
    std::map<std::string, std::weak_ptr<SharedBudget>, std::less<>> budgets_{};
};

/// A source's membership in a budget, for as long as this lives.
struct BudgetSeat {
    std::shared_ptr<SharedBudget> budget{};
    SharedBudget::Member member = 0;

    BudgetSeat(std::shared_ptr<SharedBudget> of, double weight) : budget(std::move(of)), member(budget->join(weight)) {}
    ~BudgetSeat() { budget->leave(member); }
    BudgetSeat(const BudgetSeat&) = delete;
    BudgetSeat& operator=(const BudgetSeat&) = delete;
};

} // namespace streaming
