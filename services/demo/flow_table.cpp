#include "services/demo/flow_table.hpp"

#include <fmt/format.h>
#include <iostream>

namespace services::demo {
namespace {

constexpr auto kColumns = "{:<34} {:>8} {:>8} {:>7} {:>7} {:>5} {:>5} {:>6} {:>6} {:>8} {:>8} {:>8}\n";

std::string time(std::chrono::nanoseconds value) {
    const double microseconds = static_cast<double>(value.count()) / 1e3;
    return value.count() == 0    ? "-"
           : microseconds < 1000 ? fmt::format("{:.0f} us", microseconds)
                                 : fmt::format("{:.1f} ms", microseconds / 1e3);
}

} // namespace

std::chrono::milliseconds FlowTable::interval() const {
    return std::chrono::milliseconds(style_ == Style::terminal ? 500 : 5000);
}

std::string FlowTable::row(const streaming::FlowLabels& labels, const streaming::FlowCounts& counts, double seconds) {
    using streaming::Outcome;
    const std::string& flow = labels.flow;
    const std::uint64_t now_handled = counts.consumed;
    const double rate = seconds > 0 ? static_cast<double>(now_handled - last_[flow]) / seconds : 0;
    last_[flow] = now_handled;
    const std::string name =
        flow.starts_with(hidden_prefix_) ? flow.substr(hidden_prefix_.size()) : labels.service + "." + flow;
    return fmt::format(kColumns, name, counts.consumed, counts.count(Outcome::handled),
                       counts.count(Outcome::duplicate), counts.count(Outcome::ignored),
                       counts.count(Outcome::dead_lettered), counts.count(Outcome::dropped), counts.in_flight,
                       counts.lag_records < 0 ? "-" : std::to_string(counts.lag_records), fmt::format("{:.0f}/s", rate),
                       time(counts.handler_time.quantile(0.5)), time(counts.handler_time.quantile(0.99)));
}

void FlowTable::show(const FlowList& flows, std::chrono::steady_clock::time_point now) {
    const double seconds = drawn_ == 0 ? 0 : std::chrono::duration<double>(now - last_time_).count();
    last_time_ = now;
    std::string text = style_ == Style::terminal && drawn_ > 0 ? fmt::format("\x1b[{}A\x1b[J", drawn_) : "";
    text += fmt::format(kColumns, "flow", "in", "handled", "dup", "ignored", "dead", "drop", "flight", "lag", "rate",
                        "p50", "p99");
    for (const auto& [labels, counts] : flows) {
        text += row(labels, counts, seconds);
    }
    drawn_ = flows.size() + 1;
    std::cout << text << (style_ == Style::lines ? "\n" : "") << std::flush;
}

} // namespace services::demo
