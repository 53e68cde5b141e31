#include "tools/tributary/throttle_command.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/patterns/config_loader.hpp"
#include "core/streaming/patterns/run_service.hpp"

namespace tributary {
namespace {

using namespace std::chrono_literals;
using streaming::Clock;
using streaming::ExitCode;

constexpr int kWrongUsage = 2;
constexpr double kLongestPause = 86'400; // s

struct TraceArguments {
    std::string lags{};
    std::string every = "60";
    std::vector<std::string> files{};
};

/// Time that the command moves itself.
class TraceClock final : public Clock {
public:
    [[nodiscard]] steady_time now() const noexcept override { return now_; }
    [[nodiscard]] system_time system_now() const noexcept override { return {}; }
    void wait_until(std::unique_lock<std::mutex>& /*lock*/, std::condition_variable_any& /*changed*/, steady_time time,
                    std::stop_token /*stop*/) override {
        now_ = std::max(now_, time);
    }
    void advance(steady_time::duration by) { now_ += by; }
    [[nodiscard]] double seconds() const { return std::chrono::duration<double>(now_.time_since_epoch()).count(); }

private:
    steady_time now_{};
};

template <class Number>
std::optional<Number> to_number(std::string_view text) {
    Number number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

int wrong(std::string_view why) {
    fmt::print(stderr, "tributary throttle-trace: {}\n", why);
    return kWrongUsage;
}

/// The lags, or what is no lag.
streaming::Result<std::vector<std::uint64_t>> parse_lags(std::string_view text) {
    std::vector<std::uint64_t> lags;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto comma = std::min(text.find(',', begin), text.size());
        const auto item = text.substr(begin, comma - begin);
        const auto lag = to_number<std::uint64_t>(item);
        if (!lag) {
            return streaming::Error{streaming::ErrorCode::invalid_argument,
                                    fmt::format("--lags: '{}' is not a number of records, such as 500,3000,6000", item),
                                    false};
        }
        lags.push_back(*lag);
        begin = comma + 1;
    }
    return lags;
}

/// The next check comes after `every`, or after the delay when that is longer, as the caller waits.
void trace(const streaming::ThrottlingOptions& options, const std::vector<std::uint64_t>& lags,
           Clock::steady_time::duration every) {
    TraceClock clock;
    streaming::ThrottlingManager throttle(clock, options);
    fmt::print("{:>5} {:>9} {:>12} {:>12} {:<18} {:>8} {:>6} {:>12}\n", "check", "time", "lag", "mean 60 s", "action",
               "delay", "level", "rate");
    for (std::size_t check = 0; check < lags.size(); ++check) {
        const auto decision = throttle.check_and_throttle(lags[check], "trace");
        const auto status = throttle.status();
        fmt::print("{:>5} {:>7.0f} s {:>12} {:>12} {:<18} {:>6.0f} s {:>6} {:>10.2f}/s\n", check + 1, clock.seconds(),
                   lags[check], status.lag_records.value_or(0), to_string(decision.action),
                   std::chrono::duration<double>(decision.delay).count(), status.backoff_level, status.send_rate);
        clock.advance(std::max<Clock::steady_time::duration>(every, decision.delay));
    }
}

int run(const TraceArguments& arguments) {
    const auto lags = parse_lags(arguments.lags);
    if (!lags) {
        return wrong(lags.error().message);
    }
    const auto every = to_number<double>(arguments.every);
    if (!every || !(*every > 0 && *every <= kLongestPause)) {
        return wrong(fmt::format("--every: '{}' is not a number of seconds, more than 0 and at most {}",
                                 arguments.every, kLongestPause));
    }
    streaming::Settings settings;
    if (!arguments.files.empty()) {
        const auto findings =
            streaming::read_settings(settings, {.files = arguments.files, .environment = environ, .any_flags = true});
        for (const auto& problem : findings.problems) {
            fmt::print(stderr, "{}\n", problem);
        }
        if (!findings.problems.empty()) {
            return static_cast<int>(ExitCode::config);
        }
    }
    auto options = settings.ingestion.throttling;
    options.strategy = streaming::ThrottlingStrategy::thresholds;
    trace(options, lags.value(),
          std::chrono::duration_cast<Clock::steady_time::duration>(std::chrono::duration<double>(*every)));
    return static_cast<int>(ExitCode::ok);
}

} // namespace

void add_throttle_command(CLI::App& app, int& exit_code) {
    auto* const tracing = app.add_subcommand(
        "throttle-trace", "Shows what throttling by thresholds decides when it sees these lags of the consumers");
    auto arguments = std::make_shared<TraceArguments>();
    tracing->add_option("--lags", arguments->lags, "records, one check each")->type_name("LAG,LAG,...");
    tracing
        ->add_option("--every", arguments->every,
                     "between checks, or the delay when that is longer; with less than 60 the mean is over several")
        ->type_name("SECONDS")
        ->capture_default_str();
    tracing->add_option("--config", arguments->files, "YAML or JSON whose `throttling` counts; merged left to right")
        ->type_name("FILE");
    tracing->callback([arguments, &exit_code] {
        spdlog::set_level(spdlog::level::off);
        exit_code = run(*arguments);
    });
}

} // namespace tributary
