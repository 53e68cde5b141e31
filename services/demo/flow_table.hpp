#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "services/demo/account.hpp"

namespace services::demo {

/// Shows the flows while they run: one table that is drawn again in place on a terminal, else one line for each flow
/// now and then. Used by one thread.
class FlowTable {
public:
    enum class Style { terminal, lines };
    FlowTable(Style style, std::string hidden_prefix) : style_(style), hidden_prefix_(std::move(hidden_prefix)) {}

    void show(const FlowList& flows, std::chrono::steady_clock::time_point now);
    /// How long to wait for the next `show`.
    [[nodiscard]] std::chrono::milliseconds interval() const;

private:
    [[nodiscard]] std::string row(const streaming::FlowLabels& labels, const streaming::FlowCounts& counts,
                                  double seconds);

    Style style_;
    std::string hidden_prefix_; ///< of flow names, to save room
    std::size_t drawn_ = 0;     ///< lines to go up
    std::map<std::string, std::uint64_t> last_{};
    std::chrono::steady_clock::time_point last_time_{};
};

} // namespace services::demo
