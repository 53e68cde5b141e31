#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "core/streaming/reliability/correlation.hpp"
#include "services/demo/flow_table.hpp"
#include "services/demo/stage.hpp"

namespace services::demo {
namespace {

enum ExitCode : int { kFine = 0, kFailed = 1, kUsage = 2, kUnaccounted = 3 };

constexpr const char* kLogFile = "tributary_demo.log";

/// Warnings of the services go to stderr; where that is the screen of the table, to a file instead.
void set_up_logging(bool terminal) {
    spdlog::set_default_logger(streaming::make_service_logger("demo", streaming::LogFormat::text));
    spdlog::set_level(spdlog::level::warn);
    if (terminal && isatty(STDERR_FILENO) != 0 && std::freopen(kLogFile, "w", stderr) != nullptr) {
        std::cout << "warnings go to " << kLogFile << "\n";
    }
}

void watch(const Stage& stage, std::chrono::seconds duration, FlowTable& table, StopSignals& signals) {
    const auto end = std::chrono::steady_clock::now() + duration;
    for (auto now = std::chrono::steady_clock::now(); now < end; now = std::chrono::steady_clock::now()) {
        table.show(stage.flows(), now);
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - now) + std::chrono::milliseconds(1);
        if (signals.wait_for(std::min(left, table.interval()))) {
            return;
        }
    }
}

int run(const DemoOptions& options) {
    StopSignals signals;
    if (!options.report.empty() && !std::ofstream(options.report, std::ios::app)) {
        throw std::runtime_error("--report: cannot write " + options.report);
    }
    const bool terminal = isatty(STDOUT_FILENO) != 0;
    set_up_logging(terminal);
    const ReplayData data = ReplayData::load(ReplayData::choose_folder(options.data));
    std::cout << "the outside world: " << data.origin() << "\n";
    Stage stage(options, data);
    stage.start();
    std::cout << "broker: " << stage.broker_address()
              << (options.embedded() ? " (embedded, in memory: it keeps nothing)" : "") << "\n"
              << std::endl;
    FlowTable table(terminal ? FlowTable::Style::terminal : FlowTable::Style::lines, stage.group_prefix());
    watch(stage, options.duration, table, signals);
    std::cout << "draining: the services finish what is on their topics" << std::endl;
    stage.stop(signals);
    std::cout << "reading every topic back" << std::endl;
    const Account account = stage.account();
    table.show(account.flows, std::chrono::steady_clock::now());
    std::cout << to_text(account) << stage.situation() << std::endl;
    if (!options.report.empty() && !(std::ofstream(options.report) << to_json(account) << "\n")) {
        throw std::runtime_error("--report: cannot write " + options.report);
    }
    if (options.hold.count() > 0) {
        std::cout << "the broker stays up for " << options.hold.count() << " s; Ctrl-C ends it" << std::endl;
        (void)signals.wait_for(options.hold);
    }
    if (stage.cut_short()) {
        std::cout << "the drain was cut short by Ctrl-C: what the services had not taken is on their topics"
                  << std::endl;
        return kFailed;
    }
    return account.holds() ? kFine : kUnaccounted;
}

} // namespace
} // namespace services::demo

int main(int argc, char** argv) {
    using namespace services::demo;
    try {
        const DemoOptions options = DemoOptions::parse(argc, argv);
        if (options.help) {
            std::cout << DemoOptions::usage();
            return kFine;
        }
        return run(options);
    } catch (const std::invalid_argument& wrong) {
        std::cerr << wrong.what() << "\n";
        return kUsage;
    } catch (const std::exception& error) {
        std::cerr << "the demo could not run: " << error.what() << "\n";
        return kFailed;
    }
}
