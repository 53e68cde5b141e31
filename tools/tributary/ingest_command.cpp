#include "tools/tributary/ingest_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "core/streaming/infrastructure/system_clock.hpp"
#include "core/streaming/ingestion/answer_report.hpp"
#include "core/streaming/patterns/config_loader.hpp"
#include "core/streaming/patterns/config_scalar.hpp"
#include "core/streaming/patterns/run_service.hpp"
#include "services/ingest/source_types.hpp"

namespace tributary {
namespace {

using nlohmann::json;
using streaming::AnswerReport;
using streaming::ExitCode;
using streaming::Result;
using streaming::SourceRow;
using streaming::SourceSettings;

struct IngestArguments {
    std::string type{};
    std::string file{};
    std::vector<std::string> params{};
    std::vector<std::string> configs{};
    std::string source{};
    std::string content_type{};
    long status = 200;
    bool as_json = false;
};

/// What a user must change before there is anything to show.
streaming::Error wrong(std::string message) {
    return {.code = streaming::ErrorCode::invalid_argument, .message = std::move(message), .retryable = false};
}

/// As a configuration would read it; lists, sections and texts in quotes as JSON.
json value_of(const std::string& text) {
    if (text.starts_with('{') || text.starts_with('[') || text.starts_with('"')) {
        if (json value = json::parse(text, nullptr, false); !value.is_discarded()) {
            return value;
        }
    }
    return streaming::detail::plain_scalar(text);
}

Result<SourceSettings> configured(const IngestArguments& arguments) {
    if (arguments.configs.empty()) {
        return SourceSettings{};
    }
    streaming::Settings settings;
    const auto findings =
        streaming::read_settings(settings, {.files = arguments.configs, .environment = environ, .any_flags = true});
    if (!findings.problems.empty()) {
        return wrong(fmt::format("{}", fmt::join(findings.problems, "\n")));
    }
    const auto& sources = settings.ingestion.sources;
    const auto found =
        arguments.source.empty() && sources.size() == 1 ? sources.begin() : sources.find(arguments.source);
    if (found == sources.end()) {
        std::vector<std::string> names;
        names.reserve(sources.size());
        for (const auto& [name, source] : sources) {
            names.push_back(name);
        }
        return wrong(fmt::format("--source: '{}' is not in the configuration; there are {}", arguments.source,
                                 fmt::join(names, ", ")));
    }
    return found->second;
}

Result<SourceSettings> settings_of(const IngestArguments& arguments) {
    auto settings = configured(arguments);
    if (!settings) {
        return settings;
    }
    if (!arguments.type.empty()) {
        settings.value().source_type = arguments.type;
    }
    if (settings.value().source_type.empty()) {
        return wrong("--type: must be given, or --config");
    }
    for (const std::string& param : arguments.params) {
        const std::size_t equals = param.find('=');
        if (equals == std::string::npos || equals == 0) {
            return wrong(fmt::format("--param: '{}' is not NAME=VALUE", param.substr(0, equals)));
        }
        settings.value().custom_params[param.substr(0, equals)] = value_of(param.substr(equals + 1));
    }
    return settings;
}

Result<streaming::RecordedAnswer> read_answer(const IngestArguments& arguments) {
    streaming::RecordedAnswer answer{.path = arguments.file};
    if (arguments.file == "-") {
        answer.response.body.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else if (std::error_code ignored; std::filesystem::is_directory(arguments.file, ignored)) {
        return wrong(fmt::format("--file: '{}' is a directory", arguments.file)); // reading it would throw
    } else {
        std::ifstream file(arguments.file, std::ios::binary);
        answer.response.body.assign(std::istreambuf_iterator<char>(file), {});
        if (!file.is_open() || file.bad()) {
            return wrong(fmt::format("--file: '{}' cannot be read", arguments.file));
        }
    }
    answer.response.status = arguments.status;
    if (!arguments.content_type.empty()) {
        answer.response.headers.emplace_back("content-type", arguments.content_type);
    }
    return answer;
}

std::string text_of(const nlohmann::ordered_json& document) {
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// One document; row numbers count from 1. Events stand in it as they would be sent, digit by digit.
std::string document_of(const AnswerReport& report, const SourceSettings& settings) {
    std::string events;
    json rejections = json::array();
    for (std::size_t i = 0; i < report.rows.size(); ++i) {
        const SourceRow& row = report.rows[i];
        if (row.rejected) {
            rejections.push_back({{"row", i + 1}, {"reason", *row.rejected}, {"payload", row.payload}});
        } else {
            events += fmt::format(R"({}{{"event":{},"key":{},"row":{}}})", events.empty() ? "" : ",", row.payload,
                                  text_of(row.key), i + 1);
        }
    }
    nlohmann::ordered_json document{{"source_type", settings.source_type}, {"class", to_string(report.answer_class)}};
    if (!report.reason.empty()) {
        document["reason"] = report.reason;
    }
    document["rows"] = report.rows.size();
    document["events"] = report.events();
    document["rejected"] = report.rejected();
    document["distinct_events"] = report.distinct_events();
    document["events_by_type"] = report.events_by_type();
    document["rejections"] = std::move(rejections);
    std::string text = text_of(document);
    text.pop_back();
    return fmt::format(R"({},"records":[{}]}})", text, events);
}

void print_text(const AnswerReport& report) {
    constexpr std::size_t kShownRejections = 20;
    constexpr std::size_t kShownEvents = 3;
    fmt::print("class:    {}{}{}\n", to_string(report.answer_class), report.reason.empty() ? "" : ": ", report.reason);
    fmt::print("rows:     {} = {} events + {} rejected\n", report.rows.size(), report.events(), report.rejected());
    for (const auto& [type, count] : report.events_by_type()) {
        fmt::print("          {:>8} {}\n", count, type);
    }
    if (const std::size_t distinct = report.distinct_events(); distinct != report.events()) {
        fmt::print("          {} of the events differ: a row that comes twice has the same id\n", distinct);
    }
    std::size_t events = 0;
    std::size_t rejections = 0;
    for (std::size_t i = 0; i < report.rows.size(); ++i) {
        const SourceRow& row = report.rows[i];
        if (row.rejected && ++rejections <= kShownRejections) {
            // Reasons of tables say their row themselves.
            const bool numbered = row.rejected->starts_with("row ");
            fmt::print("rejected: {}{}\n", numbered ? "" : fmt::format("row {}: ", i + 1), *row.rejected);
        } else if (!row.rejected && ++events <= kShownEvents) {
            fmt::print("event:    key {} {}\n", row.key, row.payload);
        }
    }
    if (rejections > kShownRejections) {
        fmt::print("rejected: {} more; --json shows all\n", rejections - kShownRejections);
    }
}

int run(const IngestArguments& arguments) {
    const auto refuse = [](const streaming::Error& problem) {
        fmt::print(stderr, "tributary ingest: {}\n", problem.message);
        return static_cast<int>(ExitCode::usage);
    };
    const auto settings = settings_of(arguments);
    if (!settings) {
        return refuse(settings.error());
    }
    const auto answer = read_answer(arguments);
    if (!answer) {
        return refuse(answer.error());
    }
    const std::string name = arguments.source.empty() ? settings.value().source_type : arguments.source;
    const auto report = streaming::report_answer(services::ingest::source_types(), name, settings.value(),
                                                 answer.value(), streaming::system_clock());
    if (!report) {
        return refuse(report.error());
    }
    if (arguments.as_json) {
        fmt::print("{}\n", document_of(report.value(), settings.value()));
    } else {
        print_text(report.value());
    }
    const bool written = std::fflush(stdout) == 0;
    return static_cast<int>(written && report.value().understood() ? ExitCode::ok : ExitCode::failed);
}

} // namespace

void add_ingest_command(CLI::App& app, int& exit_code) {
    auto* const ingest = app.add_subcommand(
        "ingest",
        "Shows what one recorded answer of an API becomes, without network, key or broker: its class (ok, empty, "
        "retry, "
        "quota, auth, config, schema), events, and rejected rows with their reasons. Exit code 0: all of it was "
        "understood; 1: the class is neither ok nor empty, or rows were rejected; 2: there is nothing to show");
    auto arguments = std::make_shared<IngestArguments>();
    ingest->add_option("--type", arguments->type, "source type, such as nasa_firms, http_csv")->type_name("TYPE");
    ingest->add_option("--file", arguments->file, "body of the answer; - = standard input")
        ->type_name("FILE")
        ->required();
    ingest
        ->add_option("--param", arguments->params,
                     "of custom_params; lists and sections as JSON; those that only lead to the API need not be given")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    ingest->add_option("--config", arguments->configs, "YAML or JSON that configures the source; merged left to right")
        ->type_name("FILE");
    ingest
        ->add_option("--source", arguments->source,
                     "its name: which of the configuration, and what the ids of its events are made of (the type)")
        ->type_name("NAME");
    ingest->add_option("--status", arguments->status, "HTTP status of the answer")
        ->capture_default_str()
        ->check(CLI::Range(100, 599));
    ingest->add_option("--content-type", arguments->content_type, "of the answer, such as text/csv");
    ingest->add_flag("--json", arguments->as_json,
                     "one JSON document with all events (`records`) and all rejected rows (`rejections`)");
    ingest->callback([arguments, &exit_code] {
        spdlog::set_level(spdlog::level::off);
        exit_code = run(*arguments);
    });
}

} // namespace tributary
