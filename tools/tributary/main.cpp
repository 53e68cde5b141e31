// The command-line program: see `tributary --help`.

#include <CLI/CLI.hpp>

#include "core/streaming/infrastructure/version.hpp"
#include "tools/tributary/broker_command.hpp"
#include "tools/tributary/config_commands.hpp"
#include "tools/tributary/ingest_command.hpp"
#include "tools/tributary/new_command.hpp"
#include "tools/tributary/throttle_command.hpp"

namespace {

constexpr int kWrongUsage = 2;

void add_broker(CLI::App& app, int& exit_code) {
    auto* const broker = app.add_subcommand(
        "broker", "An in-memory Kafka broker on a fixed port, for trying things out; it keeps nothing");
    auto arguments = std::make_shared<tributary::BrokerArguments>();
    broker->add_option("--port", arguments->port, "port of 127.0.0.1, 0 = chosen by the system")
        ->capture_default_str()
        ->check(CLI::Range(0, 65535));
    broker
        ->add_option_function<std::string>(
            "--topics",
            [arguments](const std::string& text) {
                auto topics = tributary::parse_topics(text);
                if (!topics) {
                    throw CLI::ValidationError("--topics", topics.error().message);
                }
                arguments->topics = std::move(topics).value();
            },
            "topics to make before serving; others are made with 4 partitions when first used")
        ->type_name("NAME:PARTITIONS,...");
    broker->callback([arguments, &exit_code] { exit_code = tributary::run_broker(*arguments); });
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Tributary: dependable Kafka services from handler functions", "tributary");
    app.set_version_flag("--version", std::string(streaming::kVersion));
    app.require_subcommand(1);
    int exit_code = 0;
    add_broker(app, exit_code);
    tributary::add_config_commands(app, exit_code);
    tributary::add_ingest_command(app, exit_code);
    tributary::add_new_command(app, exit_code);
    tributary::add_throttle_command(app, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kWrongUsage;
    }
    return exit_code;
}
