#include "tools/tributary/new_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "core/streaming/ingestion/standard_source_types.hpp"
#include "tools/tributary/connector_project.hpp"

namespace tributary {
namespace {

constexpr int kWrongUsage = 2;
constexpr int kFailed = 1;

/// Words of C++, and namespaces that the project's own would meet.
constexpr auto kTaken = std::to_array<std::string_view>(
    {"alignas",  "alignof",  "and",      "asm",      "auto",     "bool",    "break",     "case",      "catch",
     "char",     "class",    "concept",  "const",    "continue", "default", "delete",    "do",        "double",
     "else",     "enum",     "explicit", "export",   "extern",   "false",   "float",     "for",       "friend",
     "goto",     "if",       "inline",   "int",      "long",     "main",    "mutable",   "namespace", "new",
     "noexcept", "not",      "nullptr",  "operator", "or",       "private", "protected", "public",    "register",
     "requires", "return",   "short",    "signed",   "sizeof",   "static",  "std",       "streaming", "struct",
     "switch",   "template", "test",     "testing",  "this",     "throw",   "tributary", "true",      "try",
     "typedef",  "typeid",   "typename", "union",    "unsigned", "using",   "virtual",   "void",      "volatile",
     "while",    "xor",      "nlohmann", "fmt",      "spdlog",   "all",     "help",      "install",   "clean"});

struct ConnectorArguments {
    std::string name{};
    std::string into = ".";
};

int refused(std::string_view why) {
    fmt::print(stderr, "tributary new connector: {}\n", why);
    return kWrongUsage;
}

/// Why there can be no connector of that name; empty when there can.
std::string problem_of(const std::string& name) {
    const auto is_letter = [](unsigned char letter) {
        return std::islower(letter) != 0 || std::isdigit(letter) != 0 || letter == '_';
    };
    constexpr std::size_t kLongest = 50;
    if (name.empty() || name.size() > kLongest || std::islower(static_cast<unsigned char>(name.front())) == 0 ||
        !std::ranges::all_of(name, is_letter) || name.ends_with('_') || name.find("__") != std::string::npos) {
        return fmt::format("'{}' is no name: a-z, 0-9 and single _, at most {}, such as air_quality", name, kLongest);
    }
    streaming::SourceTypes types;
    streaming::add_standard_source_types(types);
    if (types.knows(name)) {
        return fmt::format("there is a source type {} already", name);
    }
    return std::ranges::find(kTaken, name) != kTaken.end() ? fmt::format("'{}' has a meaning of its own", name) : "";
}

/// Takes back what was written when it is not all.
bool write(const std::filesystem::path& folder, const std::vector<ProjectFile>& files) {
    std::error_code failure;
    if (!std::filesystem::create_directory(folder, failure)) {
        return false;
    }
    for (const ProjectFile& file : files) {
        std::ofstream stream(folder / file.name, std::ios::binary);
        stream << file.text;
        stream.close();
        if (!stream) {
            std::filesystem::remove_all(folder, failure);
            return false;
        }
    }
    return true;
}

int run(const ConnectorArguments& arguments) {
    if (const std::string problem = problem_of(arguments.name); !problem.empty()) {
        return refused(problem);
    }
    std::error_code failure;
    const std::filesystem::path folder = std::filesystem::path(arguments.into) / arguments.name;
    if (!std::filesystem::is_directory(arguments.into, failure)) {
        return refused(fmt::format("{} is no directory", arguments.into));
    }
    if (std::filesystem::exists(std::filesystem::symlink_status(folder, failure))) {
        return refused(fmt::format("{} exists already", folder.string()));
    }
    const auto files = connector_project(arguments.name);
    if (!write(folder, files)) {
        fmt::print(stderr, "tributary new connector: cannot write {}\n", folder.string());
        return kFailed;
    }
    for (const ProjectFile& file : files) {
        fmt::print("wrote {}\n", (folder / file.name).string());
    }
    fmt::print(R"(
Next, with Tributary installed in PREFIX:
  cmake -S {0} -B {0}/build -DCMAKE_PREFIX_PATH=PREFIX && cmake --build {0}/build && ctest --test-dir {0}/build
  {0}/build/{1} --config {0}/{1}.yaml
Then make it yours: what is asked for in fetch, what becomes of an answer in record_readings, and what the test says.
)",
               folder.string(), arguments.name);
    return 0;
}

} // namespace

void add_new_command(CLI::App& app, int& exit_code) {
    auto* const make = app.add_subcommand("new", "Writes the beginning of something of your own");
    make->require_subcommand(1);
    auto* const connector = make->add_subcommand(
        "connector", "A source type: connector, handler, test, and a program that runs it by configuration");
    auto arguments = std::make_shared<ConnectorArguments>();
    connector->add_option("NAME", arguments->name, "of the source type and of the directory, such as air_quality")
        ->required();
    connector->add_option("--into", arguments->into, "where the directory is made")->capture_default_str();
    connector->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

} // namespace tributary
