#include "services/demo/demo_options.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>

namespace services::demo {
namespace {

int whole_number(const std::string& flag, std::string_view text, int least, int most) {
    int number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size() || number < least || number > most) {
        throw std::invalid_argument(flag + ": '" + std::string(text) + "' must be a whole number from " +
                                    std::to_string(least) + " to " + std::to_string(most));
    }
    return number;
}

} // namespace

DemoOptions DemoOptions::parse(int argc, char** argv) {
    DemoOptions options;
    for (int i = 1; i < argc; ++i) {
        const std::string flag = argv[i];
        if (flag == "--help" || flag == "-h") {
            options.help = true;
            return options;
        }
        const auto value = [&]() -> std::string {
            if (i + 1 == argc) {
                throw std::invalid_argument(flag + ": needs a value");
            }
            return argv[++i];
        };
        if (flag == "--seconds") {
            options.duration = std::chrono::seconds(whole_number(flag, value(), 1, 3600));
        } else if (flag == "--brokers") {
            options.brokers = value();
        } else if (flag == "--redis") {
            options.redis = value();
        } else if (flag == "--report") {
            options.report = value();
        } else if (flag == "--broker-port") {
            options.broker_port = static_cast<std::uint16_t>(whole_number(flag, value(), 0, 65'535));
        } else if (flag == "--hold") {
            options.hold = std::chrono::seconds(whole_number(flag, value(), 0, 86'400));
        } else if (flag == "--data") {
            options.data = value();
        } else {
            throw std::invalid_argument(flag + ": there is no such flag");
        }
    }
    if (options.broker_port && !options.embedded()) {
        throw std::invalid_argument("--broker-port: only the embedded broker has one, and --brokers names another");
    }
    return options;
}

std::string DemoOptions::usage() {
    return R"(tributary_demo: a few services on one broker, fed for a while, then an account of every record

  --seconds N          how long records are made (20)
  --brokers HOST:PORT  a real Kafka instead of the embedded broker
  --redis URL          remember ids in Redis, such as redis://127.0.0.1:6379
  --data DIR           replay recordings from here (../shared/data if there is such a folder, else answers of our own)
  --report FILE        write the account as JSON
  --broker-port P      make the embedded broker reachable on 127.0.0.1:P (0 = a free port)
  --hold N             keep the embedded broker up for N seconds after the account

Ends early on Ctrl-C. Exit codes: 0 everything accounted for, 1 could not run, 2 wrong flag, 3 a record is unaccounted for.
)";
}

} // namespace services::demo
